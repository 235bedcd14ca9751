import GraftData
import SystemPackage
import Testing

@Suite struct SplitTests {
  private func samples(_ counts: [Int]) -> [Sample] {
    counts.enumerated().flatMap { label, count in
      (0..<count).map { Sample(path: FilePath("c\(label)/\($0).png"), label: label) }
    }
  }

  private func hashes(_ samples: [Sample]) -> [ContentHash?] {
    samples.map { ContentHash(of: Array($0.path.string.utf8)) }
  }

  @Test func givesEachClassItsFraction() {
    let samples = samples([1000, 500])
    let split = Split(samples, hashes: hashes(samples), validation: 0.2, test: 0.1, seed: 1)
    for (label, count) in [(0, 1000.0), (1, 500.0)] {
      let validation = split.validation.count { samples[$0].label == label }
      let test = split.test.count { samples[$0].label == label }
      // Five standard deviations of independent draws.
      #expect(abs(Double(validation) - 0.2 * count) < 5 * (0.16 * count).squareRoot())
      #expect(abs(Double(test) - 0.1 * count) < 5 * (0.09 * count).squareRoot())
    }
    #expect(Set(split.train + split.validation + split.test).count == 1500)
  }

  @Test func dependsOnSeedOnly() {
    let samples = samples([40, 40])
    let hashes = hashes(samples)
    #expect(Split(samples, hashes: hashes, seed: 7) == Split(samples, hashes: hashes, seed: 7))
    #expect(Split(samples, hashes: hashes, seed: 7) != Split(samples, hashes: hashes, seed: 8))
  }

  @Test func staysWhenPhotosAreAdded() {
    let few = samples([50, 50])
    let many = samples([80, 70])
    func sides(_ samples: [Sample]) -> [FilePath: Bool] {
      let split = Split(samples, hashes: hashes(samples), seed: 3)
      let kept = Set(split.validation)
      return Dictionary(
        uniqueKeysWithValues: samples.enumerated().map {
          ($0.element.path, kept.contains($0.offset))
        })
    }
    let (before, after) = (sides(few), sides(many))
    for (path, side) in before { #expect(after[path] == side) }
  }

  @Test func copiesStayTogetherAcrossClasses() {
    let samples = samples([30, 30])
    var hashes = hashes(samples)
    for index in 0..<10 { hashes[30 + index] = hashes[index] }
    hashes[1] = hashes[0]
    hashes[31] = hashes[0]
    for seed in 0..<20 as Range<UInt64> {
      let split = Split(samples, hashes: hashes, seed: seed)
      let kept = Set(split.validation)
      for index in 0..<10 { #expect(kept.contains(index) == kept.contains(30 + index)) }
      #expect(split.leaks.isEmpty)
      #expect(split.duplicates.count == 9)
      #expect(split.duplicates[0] == [0, 1, 30, 31])
      #expect(split.conflicts.count == 9)
    }
  }

  @Test func smallClassesHaveOneOnEachSide() {
    for count in 1...5 {
      for seed in 0..<30 as Range<UInt64> {
        let samples = samples([count, 12])
        let split = Split(
          samples, hashes: hashes(samples), validation: 0.1, test: 0.1, seed: seed)
        func has(_ indices: [Int]) -> Bool { indices.contains { samples[$0].label == 0 } }
        #expect(has(split.train))
        #expect(has(split.validation) == (count >= 2))
        #expect(has(split.test) == (count >= 3))
      }
    }
  }

  @Test func leavesUnreadOut() {
    let samples = samples([3, 3])
    var hashes = hashes(samples)
    hashes[4] = nil
    let split = Split(samples, hashes: hashes, seed: 1)
    #expect(split.unread == [4])
    #expect((split.train + split.validation).sorted() == [0, 1, 2, 3, 5])
  }

  @Test func keepsTheFoldersOwnSplit() throws {
    let folder = try TemporaryFolder()
    for file in ["train/a/1", "train/a/2", "train/b/1", "val/a/3", "val/b/2", "test/b/3"] {
      try folder.write(file, file == "val/a/3" ? "train/a/1" : file)
    }
    let listed = try ImageFolder(folder.path)
    let hashes = try listed.allSamples.map { try ContentHash(ofFile: $0.path) }
    let split = Split(listed, hashes: hashes, seed: 1)
    #expect(split.train == [0, 1, 2])
    #expect(split.validation == [3, 4])
    #expect(split.test == [5])
    #expect(split.leaks == [[0, 3]])
  }

  /// A label on two photos of a hundred is on both sides, whatever else these have.
  @Test(arguments: 1...20) func everyLabelIsOnEverySide(_ seed: Int) {
    let samples = (0..<100).map { number in
      let labels = (number % 2 == 0 ? [0] : []) + (number % 50 == 7 ? [1] : [])
      return Sample(path: FilePath("\(number).png"), answer: .labels(labels, of: 2))
    }
    let split = Split(samples, hashes: hashes(samples), validation: 0.1, seed: UInt64(seed))
    for side in [split.train, split.validation] {
      let labels = Set(
        side.compactMap { samples[$0].targets }.map { $0.map { Int($0) } }.flatMap { row in
          row.indices.filter { row[$0] == 1 }
        })
      #expect(labels == [0, 1])
    }
    #expect((4...20).contains(split.validation.count))
  }

  @Test func photosWithNumbersAreOneGroup() {
    let samples = [1, 2].map { number in
      Sample(path: FilePath("\(number).png"), answer: .values([Float(number)]))
    }
    let split = Split(samples, hashes: hashes(samples), validation: 0.01, seed: 1)
    #expect(split.train.count == 1 && split.validation.count == 1)
    let same = samples.map { _ in ContentHash(of: [1]) }
    #expect(Split(samples, hashes: same, seed: 1).conflicts == [[0, 1]])
  }

  @Test func tablesOfLabelsAndNumbers() {
    let labels = [
      Sample(path: "a.png", answer: .labels([0, 1], of: 2)),
      Sample(path: "b.png", answer: .labels([], of: 2)),
    ]
    let values = [Sample(path: "a.png", answer: .values([1.5, -2]))]
    func text(_ samples: [Sample]) -> String {
      let split = Split(samples, hashes: hashes(samples), validation: 0, seed: 1)
      return String(decoding: split.csv(samples, classes: ["red", "big"]), as: UTF8.self)
    }
    #expect(text(labels) == "path,labels,split\r\na.png,red|big,train\r\nb.png,,train\r\n")
    #expect(text(values) == "path,red,big,split\r\na.png,1.5,-2.0,train\r\n")
  }

  @Test func writesATable() {
    let samples = [
      Sample(path: "a/1.png", label: 0), Sample(path: "=a/2,\"x\".png", label: 1),
      Sample(path: FilePath("a/\n.png"), label: 0),
    ]
    let hashes = samples.map { ContentHash(of: Array($0.path.string.utf8)) }
    let split = Split(samples, hashes: [hashes[0], hashes[1], hashes[2]], validation: 0, seed: 1)
    #expect(
      String(decoding: split.csv(samples, classes: ["cat", "-dog"]), as: UTF8.self)
        == "path,label,split\r\na/1.png,cat,train\r\n"
        + "\"'=a/2,\"\"x\"\".png\",\"'-dog\",train\r\n\"a/\n.png\",cat,train\r\n")
  }
}

@Suite struct CSVWriterTests {
  @Test func quotesWhatMustBe() {
    var table = CSVWriter(header: ["a", "b"])
    table.append(["plain", "with,comma"])
    table.append(["say \"hi\"", "two\nlines"])
    table.append(["=1+1", "@x"])
    table.append(["-0.5", "+x"])
    #expect(
      String(decoding: table.bytes, as: UTF8.self)
        == "a,b\r\nplain,\"with,comma\"\r\n\"say \"\"hi\"\"\",\"two\nlines\"\r\n"
        + "\"'=1+1\",\"'@x\"\r\n-0.5,\"'+x\"\r\n")
  }
}

@Suite struct ContentHashTests {
  @Test func isSHA256() throws {
    #expect(
      ContentHash(of: Array("abc".utf8)).hex
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    let folder = try TemporaryFolder()
    let bytes = (0..<1_000_003).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let path = try folder.write("file", bytes)
    #expect(try ContentHash(ofFile: path) == ContentHash(of: bytes))
    let empty = try folder.write("empty", "")
    #expect(
      try ContentHash(ofFile: empty).hex
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }
}
