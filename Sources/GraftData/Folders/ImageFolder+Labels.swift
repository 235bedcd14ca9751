public import SystemPackage

extension ImageFolder {
  /// Lists a folder of photos of which something else than class folders says what they show.
  ///
  /// - Throws: where a photo that the table names is not there, or one that should have a label has
  ///   none; the message names the first few.
  public init(
    _ path: FilePath, labels source: LabelSource, task: LearningTask = .classification
  ) throws(DataError) {
    switch source {
    case .folders:
      guard task == .classification else {
        throw DataError(
          "photos in class folders have one label each; several labels or numbers come from a CSV: "
            + "--labels FILE.csv")
      }
      try self.init(path)
    case .table(let file, let delimiter):
      let table = try LabelTable(file, task: task, delimiter: delimiter)
      try self.init(path, LabelledPhotos(path, table), task, columns: table.outputNames)
    case .fileNames(let pattern):
      guard task == .classification else {
        throw DataError("the name of a file has one label; several or numbers come from a CSV")
      }
      try self.init(path, LabelledPhotos(path, pattern: pattern), task, columns: [])
    }
  }

  private init(
    _ path: FilePath, _ found: LabelledPhotos, _ task: LearningTask, columns: [String]
  ) throws(DataError) {
    let classes = columns.isEmpty ? found.names : columns
    let places = Dictionary(uniqueKeysWithValues: zip(classes, classes.indices))
    try found.check(classes, task)
    func samples(_ side: Split.Side) -> [Sample] {
      let samples = found.photos.filter { ($0.side ?? .train) == side }.map { photo in
        Sample(path: photo.path, answer: photo.answer.indexed(places, of: classes.count))
      }
      // As class folders are listed: by class, then by name.
      return samples.enumerated()
        .sorted { ($0.element.label, $0.offset) < ($1.element.label, $1.offset) }.map(\.element)
    }
    func part(_ side: Split.Side) -> [Sample]? {
      found.photos.contains { $0.side == side } ? samples(side) : nil
    }
    self.init(
      path, task: task, classes: classes, samples: samples(.train), validation: part(.validation),
      test: part(.test), hiddenCount: found.hiddenCount, strayCount: found.strayCount,
      others: found.others, unlisted: found.unlisted)
  }
}

extension LabelledPhoto.Answer {
  fileprivate func indexed(_ places: [String: Int], of count: Int) -> Sample.Answer {
    switch self {
    case .label(let name): .label(places[name] ?? 0)
    case .labels(let names): .labels(names.compactMap { places[$0] }.sorted(), of: count)
    case .values(let values): .values(values)
    }
  }

  fileprivate var names: Set<String> {
    switch self {
    case .label(let name): [name]
    case .labels(let names): names
    case .values: []
    }
  }
}

// MARK: - What was found

extension LabelledPhotos {
  /// The labels that occur, in natural order.
  fileprivate var names: [String] {
    photos.reduce(into: Set<String>()) { $0.formUnion($1.answer.names) }
      .sorted { NaturalOrder.precedes($0, $1) }
  }

  /// - Throws: where there is nothing to tell apart, or training lacks a label.
  fileprivate func check(_ classes: [String], _ task: LearningTask) throws(DataError) {
    if photos.isEmpty { throw DataError("\(origin): there are no photos", kind: .missing) }
    if task == .regression { return try checkValues(classes) }
    guard classes.count >= (task == .classification ? 2 : 1) else {
      throw DataError(
        classes.isEmpty
          ? "\(origin): no photo has a label"
          : "\(origin): only one label, '\(classes[0])'; telling classes apart needs two or more")
    }
    let learned = photos.filter { ($0.side ?? .train) == .train }
      .reduce(into: Set<String>()) { $0.formUnion($1.answer.names) }
    for name in classes where !learned.contains(name) {
      let holder = photos.first { $0.answer.names.contains(name) }
      throw DataError(
        holder.map { "\(origin): \($0.place): label '\(name)' is on no photo to train on" }
          ?? "\(origin): column '\(name)' has a 1 for no photo; leave it out")
    }
  }

  private func checkValues(_ names: [String]) throws(DataError) {
    for (column, name) in names.enumerated() {
      let values = photos.map { photo -> Float in
        if case .values(let values) = photo.answer { values[column] } else { 0 }
      }
      if let first = values.first, values.allSatisfy({ $0 == first }) {
        throw DataError("\(origin): '\(name)' is \(first) for every photo; nothing can be learned")
      }
    }
  }
}
