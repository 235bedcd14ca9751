/// What a person may decide about reading a network.
public struct ImportOptions: Sendable {
  /// Height and width of the input, for files that leave them open, or to replace the file's.
  public var inputSize: (height: Int, width: Int)?
  /// Accept NaN and infinite weights.
  public var allowsNonFinite: Bool

  /// Takes the file at its word, and refuses weights that are no numbers.
  public init(inputSize: (height: Int, width: Int)? = nil, allowsNonFinite: Bool = false) {
    self.inputSize = inputSize
    self.allowsNonFinite = allowsNonFinite
  }
}
