import Graft

/// The pictures of a folder.
enum Pictures {
  /// Pixels as they are, with the usual means and deviations.
  static let preprocessing: Preprocessing = {
    var preprocessing = Preprocessing.imageNet
    (preprocessing.resize, preprocessing.crop) = (32, 32)
    return preprocessing
  }()

  /// What `folder/part` holds, in the order of the names.
  static func list(
    _ folder: String, _ part: String
  ) throws -> (samples: [Sample], classes: [String]) {
    let listed = try ImageFolder(FilePath(folder).appending(part))
    return (listed.allSamples, listed.classes)
  }

  /// Those of the classes from one on, which becomes class 0.
  static func renumbered(_ samples: [Sample], from first: Int) -> [Sample] {
    samples.filter { $0.label >= first }.map { Sample(path: $0.path, label: $0.label - first) }
  }

  /// The first pictures of each class, so many of them.
  static func part(_ part: Double, of samples: [Sample]) -> [Sample] {
    Dictionary(grouping: samples, by: \.label).sorted { $0.key < $1.key }
      .flatMap { $0.value.prefix(max(1, Int((part * Double($0.value.count)).rounded()))) }
  }
}
