/// The operators that a network may use, by ONNX `op_type`.
///
/// `OperatorRegistry.standard` in GraftOperators lists graft's own; add yours with ``adding(_:)``.
public struct OperatorRegistry: Sendable {
  private let operators: [String: any ImportableOperator.Type]

  /// The operators of these types.
  public init(_ types: [any ImportableOperator.Type]) {
    operators = Dictionary(types.map { ($0.opType, $0) }) { _, later in later }
  }

  /// The operator of this name; nil where graft has none.
  public subscript(opType: String) -> (any ImportableOperator.Type)? { operators[opType] }

  /// All known operators, sorted by name.
  public var opTypes: [String] { operators.keys.sorted() }

  /// The same registry with further operators; one of the same name replaces the former.
  public func adding(_ types: any ImportableOperator.Type...) -> OperatorRegistry {
    OperatorRegistry(Array(operators.values) + types)
  }
}
