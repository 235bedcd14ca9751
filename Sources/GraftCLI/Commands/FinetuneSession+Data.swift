import Graft

// What is said of photos whose labels do not come from class folders.

extension FinetuneSession {
  /// `5 classes`, `3 labels and 12 without one`, `2 values`
  func kinds(_ photos: SplitPhotos) -> String {
    let count = photos.labels.count
    let bare = photos.samples.count { $0.answer == .labels([], of: count) }
    switch photos.task {
    case .classification: return "\(count) classes"
    case .multiLabel: return counted(count, "label") + (bare > 0 ? " and \(bare) without one" : "")
    case .regression: return counted(count, "value")
    }
  }

  func things(_ photos: SplitPhotos) -> String {
    photos.task == .multiLabel ? "labels" : "classes"
  }

  /// Photos of which the table says nothing.
  func sayLeftOut(_ folder: ImageFolder) {
    guard !folder.unlisted.isEmpty else { return }
    let names = folder.unlisted.prefix(3).map(\.displayText).joined(separator: ", ")
    command.runFlags.talk.warn(
      "\(counted(folder.unlisted.count, "photo")) of the folder \(folder.unlisted.count == 1 ? "is" : "are")"
        + " not in the CSV and left out: \(names)" + (folder.unlisted.count > 3 ? ", …" : ""))
  }
}
