import Foundation
import GraftData
import GraftTensor
import SystemPackage
import Testing

@Suite struct IDXFileTests {
  private static let header: [UInt8] = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3]
  private static let whole: [UInt8] = header + [1, 2, 3, 4, 5, 6]
  /// `python3 -c "import gzip; print(list(gzip.compress(bytes([0,0,8,2,0,0,0,2,0,0,0,3,1,2,3,4,5,6]), mtime=0)))"`
  private static let compressed: [UInt8] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 99, 96, 224, 96, 98, 96, 96, 0, 97, 102, 70, 38, 102, 22, 86,
    54, 0, 72, 148, 62, 229, 18, 0, 0, 0,
  ]

  private func withFile<R>(_ bytes: [UInt8], _ body: (FilePath) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appending(path: "idx-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "digits")
    try Data(bytes).write(to: file)
    return try body(FilePath(file.path(percentEncoded: false)))
  }

  private func message(_ bytes: [UInt8]) throws -> String? {
    try withFile(bytes) { path in
      let error = #expect(throws: DataError.self) { try IDXFile(contentsOf: path) }
      return error.map { String($0.message.dropFirst(path.string.count + 2)) }
    }
  }

  @Test(arguments: [whole, compressed]) func readsPlainAndCompressed(_ bytes: [UInt8]) throws {
    let file = try withFile(bytes) { try IDXFile(contentsOf: $0) }
    #expect(file.dimensions == [2, 3])
    #expect(file.bytes == [1, 2, 3, 4, 5, 6])
  }

  @Test func refusesWhatIsNoIDXFile() throws {
    #expect(
      try message([0x50, 0x4B, 3, 4])
        == "no IDX file: it begins with the bytes 80 75; expected 0 0")
    #expect(
      try message([0, 0, 13, 2, 0, 0, 0, 1])
        == "IDX file with elements of type 13; graft reads bytes, type 8")
    #expect(try message([0, 0, 8, 0]) == "IDX file with 0 axes; graft reads 1 to 4")
    #expect(try message([0, 0, 8, 5]) == "IDX file with 5 axes; graft reads 1 to 4")
  }

  @Test func refusesWhatIsCutOff() throws {
    #expect(
      try message([]) == "ends too early: expected its first four bytes; 0 are there")
    #expect(
      try message(Array(Self.whole[..<7]))
        == "ends too early: expected the extents of its 2 axes; 3 are there")
    #expect(
      try message(Array(Self.whole.dropLast()))
        == "ends too early: expected the 6 bytes that its header announces; 5 are there")
    #expect(
      try message(Array(Self.compressed.dropLast(12)))
        == "ends too early: its compressed data is cut off")
    // All bytes are there, but not the checksum behind them.
    #expect(
      try message(Array(Self.compressed.dropLast(4)))
        == "ends too early: its compressed data is cut off")
  }

  @Test func refusesWhatGoesOn() throws {
    #expect(
      try message(Self.whole + [7]) == "goes on after the 6 bytes that its header announces")
  }

  @Test func refusesDamagedCompression() throws {
    var damaged = Self.compressed
    damaged[damaged.count - 6] ^= 0xFF  // of the checksum
    #expect(try message(damaged) == "its compressed data is damaged")
  }

  @Test func anAnnouncedGigabyteTakesNoMemory() throws {
    #expect(
      try message([0, 0, 8, 2, 0, 0, 0x80, 0, 0, 0, 0x80, 0, 1])
        == "ends too early: expected the 1073741824 bytes that its header announces; 1 are there")
    #expect(
      try message([0, 0, 8, 2, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
        == "IDX file of [4294967295, 4294967295] bytes; graft reads up to 1073741824 in all")
  }

  @Test func saysWhatIsMissing() {
    let error = #expect(throws: DataError.self) { try IDXFile(contentsOf: "/nowhere/digits") }
    #expect(error?.message == "/nowhere/digits: no such file or folder")
    let folder = #expect(throws: DataError.self) { try IDXFile(contentsOf: "/") }
    #expect(folder?.message == "/: a folder, not a file")
  }
}

@Suite struct DigitSetTests {
  private func withFolder<R>(
    images: [UInt8], labels: [UInt8], _ body: (FilePath) throws -> R
  ) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "mnist-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(images).write(to: folder.appending(path: "t10k-images-idx3-ubyte"))
    try Data(labels).write(to: folder.appending(path: "t10k-labels-idx1-ubyte"))
    return try body(FilePath(folder.path(percentEncoded: false)))
  }

  private static let images: [UInt8] =
    [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2] + [0, 255, 51, 102]

  @Test func readsImagesAndLabels() throws {
    let digits = try withFolder(images: Self.images, labels: [0, 0, 8, 1, 0, 0, 0, 2, 9, 0]) {
      try DigitSet(folder: $0, .test)
    }
    #expect(digits.images == Tensor([2, 1, 1, 2], [0, 1, 0.2, 0.4]))
    #expect(digits.labels == [9, 0])
    #expect(digits.prefix(1).images == Tensor([1, 1, 1, 2], [0, 1]))
    #expect(digits.prefix(5).labels == [9, 0])
    #expect(digits.suffix(1).images == Tensor([1, 1, 1, 2], [0.2, 0.4]))
    #expect(digits.suffix(1).labels == [0])
    #expect(digits.suffix(5).labels == [9, 0])
    #expect(digits.prefix(-1).count == 0)
  }

  @Test func refusesWhatDoesNotBelongTogether() throws {
    for (labels, expected) in [
      (
        [0, 0, 8, 1, 0, 0, 0, 1, 9],
        "labels of shape [1] for images of shape [2, 1, 2]; expected [2]"
      ),
      ([0, 0, 8, 1, 0, 0, 0, 2, 9, 10], "a label is 10; expected 0 to 9"),
    ] as [([UInt8], String)] {
      try withFolder(images: Self.images, labels: labels) { folder in
        let error = #expect(throws: DataError.self) { try DigitSet(folder: folder, .test) }
        #expect(error?.message == "\(folder.string): \(expected)")
      }
    }
  }

  @Test func saysWhichFileIsMissing() throws {
    try withFolder(images: [], labels: []) { folder in
      let error = #expect(throws: DataError.self) { try DigitSet(folder: folder, .training) }
      #expect(
        error?.description == """
          \(folder.string): neither 'train-images-idx3-ubyte' nor 'train-images-idx3-ubyte.gz' is there
            The four files of MNIST are at https://ossci-datasets.s3.amazonaws.com/mnist/
          """)
    }
  }
}
