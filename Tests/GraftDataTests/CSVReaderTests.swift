import GraftData
import Testing

@Suite struct CSVReaderTests {
  private func read(_ text: String) throws -> [[String]] { try read(bytes: Array(text.utf8)) }

  private func read(bytes: [UInt8]) throws -> [[String]] {
    let table = try CSVReader(bytes)
    return try [table.header]
      + (0..<table.rowCount).map { row in
        try table.header.indices.map { try table.text(row: row, column: $0) }
      }
  }

  @Test(arguments: ["\n", "\r\n", "\r"]) func readsLinesOfEveryEnding(_ end: String) throws {
    let text = ["path,label", "a.png,cat", "", "b.png,dog"].joined(separator: end)
    let expected = [["path", "label"], ["a.png", "cat"], ["b.png", "dog"]]
    #expect(try read(text) == expected)
    #expect(try read(text + end) == expected)
    let table = try CSVReader(Array(text.utf8))
    #expect((0..<table.rowCount).map { table.line(ofRow: $0) } == [2, 4])
  }

  @Test func takesQuotesApart() throws {
    #expect(
      try read("a,b\n\"x,y\",\"say \"\"hi\"\"\"\n\"two\nlines\",\"\"\n")
        == [["a", "b"], ["x,y", "say \"hi\""], ["two\nlines", ""]])
  }

  @Test func skipsTheMarkAndBlanksAround() throws {
    #expect(
      try read("\u{FEFF}path , label\n  a b.png ,\tcat  \n \" kept \" ,dog\n")
        == [["path", "label"], ["a b.png", "cat"], [" kept ", "dog"]])
  }

  @Test(arguments: [";", "\t"]) func takesOtherSeparatorsWhereTheHeaderHasNoComma(
    _ separator: String
  ) throws {
    #expect(
      try read("path\(separator)label\na,b.png\(separator)cat\n")
        == [["path", "label"], ["a,b.png", "cat"]])
    #expect(try read("a;b,c\n1;2,3\n") == [["a;b", "c"], ["1;2", "3"]])
  }

  @Test func keepsEmptyFields() throws {
    #expect(try read("a,b,c\n,,\n1,,3\n") == [["a", "b", "c"], ["", "", ""], ["1", "", "3"]])
    #expect(try read("a\n\"\"\n") == [["a"], [""]])
  }

  @Test func readsBackWhatTheWriterWrote() throws {
    let rows = [["plain", "with,comma"], ["say \"hi\"", "two\r\nlines"], ["", " blanks "]]
    var writer = CSVWriter(header: ["a", "b"])
    // The writer does not quote blanks; those around a field do not count.
    for row in rows { writer.append(row) }
    #expect(
      try read(bytes: writer.bytes) == [["a", "b"]] + rows.dropLast() + [["", "blanks"]])
  }

  @Test(arguments: [
    ("", "the table is empty; expected a header and rows"),
    ("\n\n", "the table is empty; expected a header and rows"),
    ("a,b\n1\n", "line 2: 1 field; the header has 2"),
    ("a,b\n1,2\n\n1,2,3\n", "line 4: 3 fields; the header has 2"),
    ("a,b\n\"1\n2\",3\n4\n", "line 4: 1 field; the header has 2"),
    ("a,b\n\"1,2\n3,4\n", "line 2: a quote that nothing ends"),
    ("a,b\n1,2\n\"1\"x,2\n", "line 3: text behind the quote that ends a field"),
    (
      "a,b\n5\" x,2\n",
      "line 2: a quote inside a field that does not begin with one; quote the whole field and "
        + "double the quotes in it"
    ),
  ])
  func refusesWhatIsNotClear(_ text: String, _ message: String) {
    #expect { try CSVReader(Array(text.utf8)) } throws: { "\($0)" == message }
  }

  @Test func refusesOtherEncodings() throws {
    #expect {
      try CSVReader([0xFF, 0xFE, 0x61, 0x00])
    } throws: {
      "\($0)" == "the table is written in UTF-16; save it as CSV in UTF-8"
    }
    let table = try CSVReader(Array("path,label\na.png,K".utf8) + [0xE4] + Array("se\n".utf8))
    #expect(Array(table.bytes(row: 0, column: 1)) == [0x4B, 0xE4, 0x73, 0x65])
    #expect { try table.text(row: 0, column: 1) } throws: {
      "\($0)" == "line 2: the text is not UTF-8; save the table as CSV in UTF-8"
    }
  }

  @Test func readsAMillionRows() throws {
    var bytes = Array("path,label\n".utf8)
    let row = Array("folder/photo-with-a-name.jpg,cat\n".utf8)
    for _ in 0..<1_000_000 { bytes += row }
    let table = try CSVReader(bytes)
    #expect(table.rowCount == 1_000_000)
    #expect(try table.text(row: 999_999, column: 1) == "cat")
    #expect(table.line(ofRow: 999_999) == 1_000_001)
  }
}
