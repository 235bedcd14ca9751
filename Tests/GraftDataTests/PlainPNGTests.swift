import CGraftImage
import Foundation
import GraftData
import GraftTensor
import SystemPackage
import Testing

/// Plain PNGs are decoded without libpng: the same pixels, and libpng's words where one is damaged.
@Suite struct PlainPNGTests {
  // MARK: - Pixels

  /// Each line with a filter of its own, so that all pairs of filters follow each other.
  @Test(arguments: [PNGType.grey, .greyAlpha, .rgb, .rgba, .palette])
  func undoesEveryFilter(_ type: PNGType) {
    for width in Array(1...9) + [16, 17, 33, 500] {
      for seed in 0..<4 {
        let bytes = PNGFile(type, width, height: 41, seed: seed).bytes
        expectSame(bytes, isPlain: true, "\(type) \(width) wide, seed \(seed)")
      }
    }
  }

  @Test(arguments: 0...4) func undoesOneFilter(_ filter: UInt8) {
    for type in PNGType.allCases {
      for height in 1...5 {
        var file = PNGFile(type, 13, height: height, seed: Int(filter))
        file.setFilters { _ in filter }
        expectSame(file.bytes, isPlain: true, "\(type) \(height) high")
      }
    }
  }

  /// Indices without a colour, and a palette of all 256.
  @Test(arguments: [1, 2, 255, 256]) func readsPalettes(_ colors: Int) {
    var file = PNGFile(.palette, 37, height: 20, seed: colors)
    file.colors = colors
    expectSame(file.bytes, isPlain: true)
  }

  @Test func readsTransparency() throws {
    var file = PNGFile(.palette, 5, height: 4, seed: 1)
    file.before = HostileImageTests.chunk("tRNS", [0, 128, 255])
    expectSame(file.bytes, isPlain: true)
    #expect(try ImageReader.read(bytes: file.bytes).facts.hadAlpha)
    file = PNGFile(.rgb, 5, height: 4, seed: 2)
    file.before = HostileImageTests.chunk("tRNS", [0, 1, 0, 2, 0, 3])
    expectSame(file.bytes, isPlain: true)
  }

  @Test(.enabled(if: RealData.isGiven)) func equalsLibpngOnPngSuite() throws {
    var plain = 0
    for folder in ["standard", "corrupt"] {
      for path in try RealData.files("pngsuite/\(folder)") where path.extension == "png" {
        let bytes = try Array(Data(contentsOf: URL(filePath: path.string)))
        expectSame(bytes, "\(path)")
        plain += PNGOutcome(bytes).isPlain ? 1 : 0
      }
    }
    #expect(plain == 53)
  }

  @Test(.enabled(if: RealData.isGiven)) func equalsLibpngOnPhotos() throws {
    for path in try RealData.files("images/probe_photos") where path.extension == "png" {
      let bytes = try Array(Data(contentsOf: URL(filePath: path.string)))
      expectSame(bytes, isPlain: true, "\(path)")
    }
  }

  // MARK: - What is left to libpng

  /// Chunks that are not pixels: behind them harmless, between them not allowed.
  @Test func passesOverOtherChunks() {
    var file = PNGFile(.rgb, 7, height: 6, seed: 3)
    file.pieces = 5
    expectSame(file.bytes, isPlain: true)
    let text = HostileImageTests.chunk("tEXt", Array("Comment\0hello".utf8))
    file.before = text
    file.behind = text + text
    expectSame(file.bytes, isPlain: true)
    file.behind = Array(text.dropLast()) + [text.last! ^ 1]
    expectSame(file.bytes, isPlain: true, "a wrong checksum of what is not read")
    file.between = text
    expectSame(file.bytes, isPlain: false, "a gap")
    file.between = HostileImageTests.chunk("IDAT", [])
    expectSame(file.bytes, isPlain: true, "an empty piece")
    file.between = []
    for kind in ["IDAT", "PLTE", "IHDR", "ABCD", "a1cd", "IEND"] {
      file.behind = text + HostileImageTests.chunk(kind, [1, 2, 3])
      expectSame(file.bytes, isPlain: false, "\(kind) behind the pixels")
    }
  }

  @Test func leavesOddStreamsToLibpng() {
    let file = PNGFile(.rgb, 200, height: 3, seed: 4)
    func check(_ what: String, _ change: @escaping (inout [UInt8]) -> Void) {
      var damaged = file
      damaged.changeStream = change
      expectSame(damaged.bytes, isPlain: false, "\(what)")
    }
    check("Adler-32") { $0[$0.count - 1] ^= 1 }
    check("bytes behind the stream") { $0 += [0, 0] }
    check("cut") { $0.removeLast(30) }
    check("nothing") { $0 = [] }
    check("one byte") { $0 = [0x78] }
    check("window of 512 bytes, which 1803 exceed") { ($0[0], $0[1]) = (0x18, 0x19) }
    check("window of 64 KiB") { ($0[0], $0[1]) = (0x88, 0x1C) }
    check("dictionary") { ($0[0], $0[1]) = (0x78, 0x20) }
  }

  @Test func refusesUnknownFilters() {
    for type in PNGType.allCases {
      for line in [0, 4] {
        var file = PNGFile(type, 9, height: 5, seed: 5)
        file.setFilters { $0 == line ? 5 : 4 }
        expectSame(file.bytes, isPlain: false)
        #expect(
          failure { _ = try ImageReader.read(bytes: file.bytes) }?.message
            == "damaged PNG (bad adaptive filter value)")
      }
    }
  }

  /// Fewer and more lines than the header says, and a header that says far too much.
  @Test func refusesOtherAmountsOfPixels() throws {
    for height in [1, 4, 6, 400, 9000] {
      var file = PNGFile(.rgb, 9, height: 5, seed: 6)
      file.height = height
      expectSame(file.bytes, isPlain: false, "5 lines for \(height)")
    }
    // 12 MB of zeros in a few kilobytes, for one pixel.
    let large = Image(width: 2000, height: 2000, pixels: [UInt8](repeating: 0, count: 12_000_000))
    var bomb = try PNGWriter.encode(large)
    bomb.replaceSubrange(0..<33, with: HostileImageTests.header(1, 1))
    expectSame(bomb, isPlain: false)
    bomb.replaceSubrange(0..<33, with: HostileImageTests.header(8000, 8000))
    expectSame(bomb, isPlain: false)
  }

  /// More than 64 MiB: a few lines at a time instead.
  @Test func leavesLargeImagesToLibpng() throws {
    let size = (width: 12_000, height: 2_000)
    let pixels = [UInt8](repeating: 7, count: 3 * size.width * size.height)
    let bytes = try PNGWriter.encode(Image(width: size.width, height: size.height, pixels: pixels))
    #expect(!PNGOutcome(bytes).isPlain)
    #expect(try ImageReader.read(bytes: bytes).image.pixels == pixels)
  }

  // MARK: - Damage

  /// Flipped bits, with checksums as they were and put right.
  @Test(arguments: 0..<8) func answersDamageAsLibpngDoes(_ seed: Int) throws {
    var generator = SeededGenerator(11, seed)
    let drawn = Fixtures.names(in: "types", suffix: ".png")
    for round in 0..<1500 {
      let name = drawn[Int.random(in: 0..<drawn.count, using: &generator)]
      let path = Fixtures.images.appending("types").appending(name)
      var bytes = try Array(Data(contentsOf: URL(filePath: path.string)))
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let place = Int.random(in: 8..<bytes.count, using: &generator)
        bytes[place] ^= UInt8(1 << Int.random(in: 0..<8, using: &generator))
      }
      if round % 5 == 0 { bytes.removeLast(Int.random(in: 0..<bytes.count - 8, using: &generator)) }
      if round % 2 == 0 { PNGFile.repairChecksums(&bytes) }
      expectSame(bytes, "\(name), round \(round)")
    }
  }

  @Test func cutAnywhereAnswersAsLibpngDoes() {
    for type in PNGType.allCases {
      var file = PNGFile(type, 6, height: 5, seed: 8)
      file.pieces = 3
      let bytes = file.bytes
      for count in 8..<bytes.count {
        expectSame(Array(bytes.prefix(count)), "\(type) cut to \(count)")
      }
    }
  }
}

/// Both decoders must come to the same, with every instruction set.
private func expectSame(
  _ bytes: [UInt8], isPlain: Bool? = nil, _ comment: Comment? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let expected = PNGOutcome(bytes, withLibpng: true)
  for allowsAVX2 in [true, false] {
    graft_image_allow_avx2(allowsAVX2 ? 1 : 0)
    defer { graft_image_allow_avx2(1) }
    let found = PNGOutcome(bytes)
    let isSame = found.answer == expected.answer
    #expect(isSame, comment, sourceLocation: sourceLocation)
    if let isPlain { #expect(found.isPlain == isPlain, comment, sourceLocation: sourceLocation) }
  }
}
