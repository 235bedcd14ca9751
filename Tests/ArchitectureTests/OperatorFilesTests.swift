import Testing

/// One idea, one file: an operator is a source file, a line in the registry and a test file.
@Suite struct OperatorFilesTests {
  private static let folder = "Sources/GraftOperators/Operators"
  private static let registry = "Sources/GraftOperators/Registry.swift"
  /// Operators whose name is taken by a type of another module, by their `op_type`.
  private static let typeNames = [
    "Constant": "ConstantOperator", "Range": "RangeOperator", "Shape": "ShapeOperator",
  ]

  private func files() throws -> [SourceTree.File] { try SourceTree.swiftFiles(below: Self.folder) }

  /// The types that the registry lists, in its order.
  private func registered() throws -> [String] {
    let lines = try SourceTree.swiftFiles(below: "Sources/GraftOperators")
      .first { $0.path == Self.registry }?.lines
    return try #require(lines, "\(Self.registry) is not there").compactMap { line in
      let entry = line.trimmingPrefix { $0 == " " }
      return entry.hasSuffix(".self,") ? String(entry.dropLast(".self,".count)) : nil
    }
  }

  @Test func everyOperatorIsRegistered() throws {
    let registered = try registered()
    for file in try files() {
      let type = Self.typeNames[file.name] ?? file.name
      #expect(
        registered.contains(type), "\(file.path): \(Self.registry) has no line '\(type).self,'")
    }
  }

  @Test func everyRegistryLineHasItsFile() throws {
    let expected = try files().map { Self.typeNames[$0.name] ?? $0.name }
    for type in try registered() {
      #expect(expected.contains(type), "\(Self.registry): \(type) has no file in \(Self.folder)")
    }
  }

  @Test func theRegistryIsAlphabetical() throws {
    let opTypes = try registered().map { type in
      Self.typeNames.first { $0.value == type }?.key ?? type
    }
    for (first, second) in zip(opTypes, opTypes.dropFirst()) {
      #expect(first < second, "\(Self.registry): \(second) stands after \(first)")
    }
  }

  @Test func everyOperatorHasItsTests() throws {
    for file in try files() {
      let tests = "Tests/GraftOperatorsTests/\(file.name)Tests.swift"
      #expect(SourceTree.exists(tests), "\(file.path): its tests are missing; expected \(tests)")
    }
  }
}
