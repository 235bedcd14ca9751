public import SystemPackage

/// A photo and what is known of it.
public struct Sample: Hashable, Sendable {
  /// What a network should say of a photo.
  public enum Answer: Hashable, Sendable {
    /// The index of its class in `ImageFolder.classes`.
    case label(Int)
    /// The indices of its labels, ascending, of so many that there are.
    case labels([Int], of: Int)
    /// One number for each output.
    case values([Float])
  }

  /// Where the photo lies; the bytes of the name are kept.
  public var path: FilePath
  /// What the network should say.
  public var answer: Answer

  /// A photo of a class.
  public init(path: FilePath, label: Int) { self.init(path: path, answer: .label(label)) }

  /// A photo with any answer.
  public init(path: FilePath, answer: Answer) {
    self.path = path
    self.answer = answer
  }

  /// The index of the class in `ImageFolder.classes`; 0 where the answer is no class.
  public var label: Int {
    if case .label(let label) = answer { label } else { 0 }
  }

  /// One number for each output: 1 for a label that the photo has and 0 for one that it has not, or
  /// its values; nil where the answer is a class.
  public var targets: [Float]? {
    switch answer {
    case .label: return nil
    case .values(let values): return values
    case .labels(let labels, let count):
      var row = [Float](repeating: 0, count: count)
      for label in labels { row[label] = 1 }
      return row
    }
  }

  /// The groups that it belongs to, of each of which every side of a split should have some: its
  /// class, or its labels. Photos with values are all one group.
  var groups: [Int] {
    switch answer {
    case .label(let label): [label]
    case .labels(let labels, _): labels
    case .values: [0]
    }
  }
}
