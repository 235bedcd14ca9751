import GraftTensor

// Constants that are computed while reading: a few bytes of a file can ask for more than any memory.

extension Importer {
  /// Numbers that a file may have computed: those of the largest classifiers, twice, or some times as
  /// many as it holds itself.
  static func mostComputed(initializers: Int) -> Int {
    max(1 << 28, initializers.multipliedReportingOverflow(by: 4).partialValue)
  }

  /// Refuses constants that are too large, before they are made.
  func checkRoom(
    for operator: any ImportableOperator, _ known: [KnownValue?], consumed: Set<Int>, place: String
  ) throws(GraphError) {
    let inputs = known.enumerated().compactMap { consumed.contains($0) ? nil : $1 }
    guard let runnable = `operator` as? any Operator, !inputs.contains(where: \.isActivation),
      let shapes = try? runnable.outputShapes(for: inputs.map { $0.shape(.two) })
    else { return }
    var count = 0
    for shape in shapes { count = count.addingReportingOverflow(shape.elementCount).partialValue }
    let share = room / (inputs.map(Self.weight).max() ?? 1)
    guard shapes.allSatisfy({ $0.elementCount <= share }), count <= share else {
      throw tooLarge(place)
    }
  }

  /// Counts numbers that were computed.
  mutating func spend(_ constants: [KnownValue], place: String) throws(GraphError) {
    for constant in constants {
      let count = constant.shape(.two).elementCount
      guard count <= room / Self.weight(of: constant) else { throw tooLarge(place) }
      room -= count * Self.weight(of: constant)
    }
  }

  /// Integers are shapes and places: few, and larger in memory than floats.
  private static func weight(of value: KnownValue?) -> Int {
    if case .constant(.integers, _) = value { 8 } else { 1 }
  }

  private func tooLarge(_ place: String) -> GraphError {
    GraphError(
      "\(place): the constants that this network computes while it is read are too large; run "
        + "constant folding when exporting")
  }
}
