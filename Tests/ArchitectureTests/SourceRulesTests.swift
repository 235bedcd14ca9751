import Testing

/// What can be checked of the house style by reading.
@Suite struct SourceRulesTests {
  private static let longestFile = 400
  /// Files that are one thought and longer, with the reason beside them. A list to keep short.
  private static let longFiles: Set<String> = []

  @Test func filesAreShort() throws {
    for file in try SourceTree.swiftFiles(below: "Sources") {
      let isLong = file.lines.count > Self.longestFile
      #expect(
        isLong == Self.longFiles.contains(file.path),
        "\(file.path) has \(file.lines.count) lines; past \(Self.longestFile) look for the second idea, or list it here"
      )
    }
  }

  /// Bad input is an error, never a trap.
  @Test(arguments: ["try!", "fatalError(", "as!"])
  func nothingTrapsByHabit(_ trap: String) throws {
    var places: [String] = []
    for file in try SourceTree.swiftFiles(below: "Sources") {
      for (number, text) in file.code where text.contains(trap) {
        places.append("\(file.path):\(number): \(trap)")
      }
    }
    #expect(places.isEmpty, "\(places.joined(separator: "\n"))")
  }
}
