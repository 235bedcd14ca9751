import Foundation
import Testing

/// What `graft classify` writes, row for row.
@Suite struct ClassifyTests {
  private func place() throws -> Workplace {
    let place = try Workplace()
    try place.addTrainedModel()
    let made = try place.shell(
      """
      mkdir -p new/below && cp photos/ring/1.png new/s10.png && cp photos/ring/2.png new/s9.png \
      && cp photos/star/1.png new/below/x.png
      """)
    try #require(made.status == 0)
    return place
  }

  @Test func csv() throws {
    let place = try place()
    let result = try place.graft("classify", "pets.onnx", "new", "-o", "out.csv", "--top", "2")
    #expect(result.status == 0)
    #expect(result.output.isEmpty)
    let rows = place.text("out.csv").components(separatedBy: "\r\n")
    #expect(rows[0] == "path,label,probability,label2,probability2,error")
    #expect(
      rows.dropFirst().map { $0.prefix { $0 != "," } } == [
        "new/below/x.png", "new/s9.png", "new/s10.png", "",
      ])
    #expect(rows[1].contains(/^new\/below\/x\.png,[a-z]+,0\.\d+,[a-z]+,0\.\d+,$/))
    let standard = try place.graft("classify", "pets.onnx", "new", "-o", "-", "--top", "2")
    #expect(standard.output == place.bytes("out.csv"))
    #expect(
      try place.graft("classify", "pets.onnx", "new", "-o", "-").out
        .hasPrefix("path,label,probability,error\r\n"))
  }

  @Test func hugeTopIsAllClasses() throws {
    let place = try place()
    let result = try place.graft(
      "classify", "pets.onnx", "new", "-o", "-", "--top", "9223372036854775807")
    #expect(
      result.out.hasPrefix(
        "path,label,probability,label2,probability2,label3,probability3,label4,probability4,"
          + "label5,probability5,error\r\n"))
  }

  @Test func jsonLines() throws {
    let place = try place()
    let lines = try place.graft("classify", "pets.onnx", "new", "--json", "--top", "2")
    #expect(
      try place.graft("classify", "pets.onnx", "new", "-o", "o.jsonl", "--top", "2").status == 0)
    #expect(lines.output == place.bytes("o.jsonl"))
    let rows = try lines.out.split(separator: "\n").map {
      try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
    }
    #expect(
      rows.map { $0?["path"] as? String } == ["new/below/x.png", "new/s9.png", "new/s10.png"])
    #expect(rows.allSatisfy { ($0?["predictions"] as? [[String: Any]])?.count == 2 })
  }

  @Test func unsure() throws {
    let place = try place()
    let text = try place.graft("classify", "pets.onnx", "new", "--min-confidence", "0.99")
    #expect(text.out.contains(/new\/s9\.png +unsure  [a-z]+ 0\.\d\d, [a-z]+ 0\.\d\d\n/))
    #expect(text.err == "3 photos: 3 unsure\n")
    let csv = try place.graft(
      "classify", "pets.onnx", "new", "--min-confidence", "0.99", "-o", "-")
    #expect(csv.out.contains(/new\/s9\.png,unsure,0\.\d+,\r\n/))
    let json = try place.graft("classify", "pets.onnx", "new", "--min-confidence", "0.99", "--json")
    #expect(json.out.contains("\"unsure\":true"))
  }

  @Test func onlyTheFolderItself() throws {
    let result = try place().graft("classify", "pets.onnx", "new", "--no-recursive")
    #expect(result.out.split(separator: "\n").count == 2)
    #expect(!result.out.contains("below"))
  }

  @Test func sortsIntoFolders() throws {
    let place = try place()
    let line = ["classify", "pets.onnx", "new", "photos/ring/1.png", "photos/star/1.png"]
    let result = try place.shell("\"$GRAFT\" \(line.joined(separator: " ")) --sort-into sorted")
    #expect(result.status == 0, "\(result.err)")
    let links = try place.shell("find sorted -type l | wc -l; find sorted -type f | wc -l")
    #expect(links.out.split(whereSeparator: \.isWhitespace) == ["5", "0"])
    #expect(
      try place.shell("for l in $(find sorted -type l); do cat $l > /dev/null || exit 1; done")
        .status == 0)
    // A second time nothing is added.
    _ = try place.shell("\"$GRAFT\" \(line.joined(separator: " ")) --sort-into sorted")
    #expect(try place.shell("find sorted -type l | wc -l").out.contains("5"))

    let copied = try place.shell(
      "\"$GRAFT\" \(line.joined(separator: " ")) --sort-into copies --copy && find copies -type f | wc -l"
    )
    #expect(copied.out.hasSuffix("5\n"))
    #expect(place.exists("new/s9.png"))
  }

  /// Photos of one name from two folders both have a place.
  @Test func sortingKeepsPhotosOfTheSameName() throws {
    let place = try place()
    _ = try place.shell("mkdir a b && cp photos/ring/1.png a/x.png && cp photos/ring/1.png b/x.png")
    #expect(try place.graft("classify", "pets.onnx", "a", "b", "--sort-into", "s").status == 0)
    let names = try place.shell("cd s/* && ls").out
    #expect(names == "x-2.png\nx.png\n")
  }

  @Test func badPhotosAreListedAndTheRestIsWritten() throws {
    let place = try place()
    let made = try place.shell(
      """
      : > new/empty.png; echo '<html>' > new/page.png; head -c 200 photos/ring/1.png > new/cut.png
      mkfifo new/pipe.png; ln -s nowhere new/dangling.png
      """)
    try #require(made.status == 0)
    let result = try place.graft("classify", "pets.onnx", "new", "-o", "-")
    expectFailure(result, 65, "3 of 6 photos cannot be read")
    let rows = result.out.components(separatedBy: "\r\n")
    #expect(rows.count == 8)
    #expect(rows.filter { $0.contains(/,,,.+/) }.count == 3)
    #expect(result.err.contains("new/empty.png"))
    let json = try place.graft("classify", "pets.onnx", "new", "--json")
    #expect(json.status == 65)
    #expect(json.out.split(separator: "\n").filter { $0.contains("\"error\":") }.count == 3)
  }

  @Test func strangeNames() throws {
    let place = try place()
    let made = try place.shell(
      #"""
      mkdir odd && for name in $'a\nb.png' $'esc\e[31m.png' $'latin\xe9.png' 'a,b"c.png' '=cmd.png' 😀.png
      do cp photos/ring/1.png "odd/$name"; done; : > $'odd/\e[2Jbad\nerror: x.png'
      """#)
    try #require(made.status == 0)
    let csv = try place.shell("cd odd && \"$GRAFT\" classify ../pets.onnx * -o -")
    expectFailure(csv, 65, "1 of 7 photos cannot be read")
    #expect(csv.output.range(of: Data("latin".utf8) + [0xE9] + Data(".png,".utf8)) != nil)
    #expect(csv.output.range(of: Data("\n😀.png,".utf8)) != nil)
    #expect(csv.output.range(of: Data("\"'=cmd.png\",".utf8)) != nil)
    #expect(csv.output.range(of: Data("\"a,b\"\"c.png\",".utf8)) != nil)
    #expect(csv.output.range(of: Data("\"a\nb.png\",".utf8)) != nil)
    let text = try place.shell("\"$GRAFT\" classify pets.onnx odd")
    #expect(!text.out.contains("\u{1B}"))
    #expect(text.out.split(separator: "\n").count == 6)
    let sorted = try place.shell(
      "\"$GRAFT\" classify pets.onnx odd --sort-into s > /dev/null; find s -type l -printf x | wc -c"
    )
    #expect(sorted.out == "6\n")
  }
}
