import Foundation
import GraftData
import SystemPackage
import Testing

@Suite struct ImageFolderTests {
  private func made(_ files: [String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for (number, file) in files.enumerated() { try folder.write(file, "photo \(number)") }
    return folder
  }

  private func relative(_ samples: [Sample], _ folder: TemporaryFolder) -> [String] {
    samples.map { String($0.path.string.dropFirst(folder.path.string.count + 1)) }
  }

  private func name(_ folder: TemporaryFolder) -> String { folder.path.string }

  @Test func listsClassesAndFilesInNaturalOrder() throws {
    let folder = try made([
      "class10/a.png", "class2/10.png", "class2/9.png", "class2/B.png", "class2/a.png",
      "Class3/deep/er/x.jpg", "Class3/notes.txt",
    ])
    let listed = try ImageFolder(folder.path)
    #expect(listed.classes == ["class2", "Class3", "class10"])
    #expect(
      relative(listed.samples, folder) == [
        "class2/9.png", "class2/10.png", "class2/a.png", "class2/B.png", "Class3/deep/er/x.jpg",
        "Class3/notes.txt", "class10/a.png",
      ])
    #expect(listed.samples.map(\.label) == [0, 0, 0, 0, 1, 1, 2])
    #expect(listed.validation == nil && listed.test == nil)
  }

  @Test func leavesHiddenAndStrayFilesOut() throws {
    let folder = try made([
      "a/1.png", "b/1.png", "a/.DS_Store", ".ipynb_checkpoints/x.png", "a/.hidden/x.png",
      "readme.txt",
    ])
    let listed = try ImageFolder(folder.path)
    #expect(listed.samples.count == 2)
    #expect(listed.hiddenCount == 3)
    #expect(listed.strayCount == 1)
  }

  @Test(arguments: ["val", "valid", "validation"]) func recognizesSplits(_ name: String) throws {
    let folder = try made([
      "train/cat/1.png", "train/dog/1.png", "train/dog/2.png", "\(name)/dog/3.png",
      "\(name)/cat/3.png", "test/dog/4.png",
    ])
    let listed = try ImageFolder(folder.path)
    #expect(listed.classes == ["cat", "dog"])
    #expect(listed.samples.count == 3)
    #expect(listed.validation?.map(\.label) == [0, 1])
    #expect(listed.test?.map(\.label) == [1])
    #expect(listed.allSamples.count == 6)
  }

  @Test func aClassMayBeCalledTrain() throws {
    let folder = try made(["train/1.png", "bus/1.png"])
    #expect(try ImageFolder(folder.path).classes == ["bus", "train"])
  }

  @Test func namesClassesThatTrainingLacks() throws {
    let folder = try made([
      "train/hamster/1.png", "train/dog/1.png", "val/hamsters/1.png", "val/dog/1.png",
    ])
    #expect(
      failure { _ = try ImageFolder(folder.path) } == DataError(
        "validation folder has class 'hamsters' that training lacks (training has 'hamster')."))
    let other = try made(["train/a1/1.png", "train/b1/1.png", "test/zebra/1.png"])
    #expect(
      failure { _ = try ImageFolder(other.path) } == DataError(
        "test folder has class 'zebra' that training lacks (training has a1, b1)."))
  }

  @Test func explainsMissingClassFolders() throws {
    let folder = try made((0..<120).map { "\($0).png" })
    let error = failure { _ = try ImageFolder(folder.path) }
    #expect(
      error?.description == """
        no class folders in '\(name(folder))'
          found 120 PNG files directly inside; graft expects one folder per class:
            \(name(folder))/cat/…  \(name(folder))/dog/…
        """)
    let mixed = try made(["a.png", "b.jpg"])
    #expect(
      failure { _ = try ImageFolder(mixed.path) }?.hints.first
        == "found 2 files directly inside; graft expects one folder per class:")
    let bare = try TemporaryFolder()
    #expect(
      failure { _ = try ImageFolder(bare.path) }?.hints.first
        == "it is empty; graft expects one folder per class:")
  }

  @Test func refusesOneClassAndEmptyClasses() throws {
    let one = try made(["cat/1.png"])
    #expect(
      failure { _ = try ImageFolder(one.path) } == DataError(
        "only one class folder in '\(name(one))': 'cat'; telling classes apart needs two or more"))
    let empty = try made(["cat/1.png", "dog/1.png"])
    try empty.makeFolder("bird")
    #expect(
      failure { _ = try ImageFolder(empty.path) } == DataError(
        "class folder 'bird' in '\(name(empty))' is empty; add photos or remove it"))
  }

  @Test func namesMissingFolders() throws {
    #expect(
      failure { _ = try ImageFolder("/no/such") } == DataError(
        "/no/such: no such file or folder", kind: .missing))
    let folder = try made(["file"])
    let error = failure { _ = try ImageFolder(folder.path.appending("file")) }
    #expect(error?.message == "\(name(folder))/file: not a folder")
  }

  @Test func keepsTheBytesOfStrangeNames() throws {
    let folder = try TemporaryFolder()
    let png = try smallPNG(1)
    for label in ["new\nline", "emoji 🐹", "esc\u{1B}[31m", "plain"] {
      try folder.write("\(label)/1.png", png)
    }
    // Not UTF-8: Foundation cannot make it.
    let raw = Array(folder.path.string.utf8) + Array("/plain/".utf8) + [0xFF, 0xFE]
    let descriptor = (raw.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer {
      open($0.baseAddress!, O_CREAT | O_WRONLY, 0o600)
    }
    try #require(descriptor >= 0)
    #expect(png.withUnsafeBytes { write(descriptor, $0.baseAddress!, png.count) } == png.count)
    close(descriptor)
    let listed = try ImageFolder(folder.path)
    #expect(listed.classes == ["emoji 🐹", "esc\\x1B[31m", "new\\nline", "plain"])
    for sample in listed.samples { _ = try ImageReader.read(sample.path) }
    #expect(listed.samples.count == 5)
    #expect(listed.samples[4].path.displayName.hasSuffix("/plain/\\xFF\\xFE"))
  }

  @Test func followsLinksButNotInCircles() throws {
    let folder = try made(["a/1.png", "b/1.png"])
    try folder.link("a/loop", to: "..")
    try folder.link("a/self", to: "self")
    try folder.link("a/gone.png", to: "nowhere.png")
    try folder.link("a/2.png", to: "../b/1.png")
    #expect(mkfifo(folder.path.appending("b/pipe").string, 0o600) == 0)
    let listed = try ImageFolder(folder.path)
    // The link to the parent leads to both classes, once each.
    #expect(
      relative(listed.samples, folder) == [
        "a/1.png", "a/2.png", "a/loop/b/1.png", "b/1.png",
      ])
    #expect(Set(listed.others.compactMap { $0.lastComponent?.string }) == ["self", "gone.png", "pipe"])
  }

  @Test func listsThousandsOfFilesQuickly() throws {
    let folder = try TemporaryFolder()
    for label in 0..<10 {
      try folder.makeFolder("c\(label)")
      for number in 0..<500 {
        let path = folder.path.appending("c\(label)/\(number).png").string
        close(creat(path, 0o600))
      }
    }
    let start = ContinuousClock.now
    #expect(try ImageFolder(folder.path).samples.count == 5000)
    // A bound on the order of growth: debug builds and busy machines are ten times slower than this.
    #expect(ContinuousClock.now - start < .seconds(30))
  }

  @Test(.enabled(if: RealData.isGiven)) func listsAntsAndBees() throws {
    let listed = try ImageFolder(RealData.folder("images/ants_bees"))
    #expect(listed.classes == ["ants", "bees"])
    #expect(listed.samples.count == 244)
    #expect(listed.validation?.count == 153)
  }
}

@Suite struct PhotoListTests {
  @Test func listsFilesAndFolders() throws {
    let folder = try TemporaryFolder()
    for file in ["10.png", "9.png", ".hidden", "deep/1.png"] { try folder.write(file, "x") }
    let flat = try PhotoList([folder.path])
    #expect(flat.paths == [folder.path.appending("9.png"), folder.path.appending("10.png")])
    #expect(flat.hiddenCount == 1 && flat.folderCount == 1)
    let deep = try PhotoList([folder.path], recursive: true)
    #expect(deep.paths.last == folder.path.appending("deep/1.png"))
    let named = try PhotoList([folder.path.appending(".hidden")])
    #expect(named.paths.count == 1)
  }

  @Test func namesWhatIsMissing() throws {
    #expect(
      failure { _ = try PhotoList(["/no/such.png"]) } == DataError(
        "/no/such.png: no such file or folder", kind: .missing))
    let folder = try TemporaryFolder()
    try folder.write("deep/1.png", "x")
    #expect(
      failure { _ = try PhotoList([folder.path]) } == DataError(
        "no files in '\(folder.path.string)'; --recursive looks into its folders", kind: .missing))
  }
}

@Suite struct NaturalOrderTests {
  @Test func ordersAsAPersonDoes() {
    let ordered = [
      "", "1", "01", "2", "002", "10", "10a", "a", "A2", "a3", "a10", "B", "b", "b/1", "b-1", "ä",
    ]
    let sorted = ordered.reversed().sorted { NaturalOrder.precedes($0, $1) }
    #expect(
      sorted == [
        "", "01", "1", "002", "2", "10", "10a", "A2", "a", "a3", "a10", "B", "b", "b/1", "b-1", "ä",
      ].sorted { NaturalOrder.precedes($0, $1) })
    #expect(NaturalOrder.precedes("img9", "img10"))
    #expect(NaturalOrder.precedes("a/2/x", "a/10/x"))
    #expect(NaturalOrder.precedes("a", "B") && NaturalOrder.precedes("B", "c"))
    #expect(NaturalOrder.precedes("A", "a") && !NaturalOrder.precedes("a", "A"))
    #expect(NaturalOrder.precedes("99999999999999999999998", "99999999999999999999999"))
  }
}

@Suite struct DisplayNameTests {
  @Test func escapesWhatHarms() {
    #expect(DisplayName.escaped("a\nb\tc\u{7F}") == "a\\nb\\tc\\x7F")
    #expect(DisplayName.escaped("\u{202E}gpj") == "\\u{202e}gpj")
    #expect(DisplayName.escaped([0x61, 0xC3, 0x28, 0xFF]) == "a\\xC3(\\xFF")
    #expect(DisplayName.escaped("日本 👩‍🔬 é") == "日本 👩‍🔬 é")
  }
}
