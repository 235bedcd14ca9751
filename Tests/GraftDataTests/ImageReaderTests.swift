import Foundation
import GraftData
import SystemPackage
import Testing

@Suite struct ImageReaderTests {
  static let drawn =
    Fixtures.names(in: "types", suffix: ".png") + Fixtures.names(in: "types", suffix: ".jpg")

  @Test func fixturesAreThere() { #expect(Self.drawn.count == 52) }

  @Test(arguments: drawn) func equalsPillow(_ name: String) throws {
    let read = try ImageReader.read(Fixtures.images.appending("types").appending(name))
    let expected = try Fixtures.rgb("types", name + ".rgb")
    let largest = try #require(difference(read.image, expected))
    #expect(largest <= 1)
  }

  @Test func tellsWhatTheFileHeld() throws {
    func facts(_ name: String) throws -> ImageFacts {
      try ImageReader.read(Fixtures.images.appending("types").appending(name)).facts
    }
    let rgba = try facts("rgba16.png")
    #expect(rgba.format == .png && rgba.hadAlpha && rgba.was16Bit && !rgba.wasGrey)
    #expect(try facts("palette8-trns.png").hadAlpha)
    #expect(try facts("grey4.png").wasGrey)
    #expect(try !facts("rgb8.png").hadAlpha)
    let cmyk = try facts("cmyk.jpg")
    #expect(cmyk.format == .jpeg && cmyk.wasCMYK)
    #expect(try facts("grey.jpg").wasGrey)
    let turned = try facts("exif6.jpg")
    #expect(turned.orientation == .right && turned.width == 37 && turned.height == 26)
    #expect(try facts("exif1.jpg").orientation == .up)
  }

  @Test func leavesTheTurnOutWhenAsked() throws {
    let path = Fixtures.images.appending("types").appending("exif6.jpg")
    let read = try ImageReader.read(path, turning: false)
    #expect(read.image.width == 37)
    #expect(read.facts.orientation == .up)
  }

  @Test func pngCutAnywhereEndsEarly() throws {
    for name in ["rgb8.png", "rgb8-interlaced.png", "grey16.png"] {
      let bytes = try Data(
        contentsOf: URL(filePath: Fixtures.images.appending("types").appending(name).string))
      for count in 1..<bytes.count {
        let error = failure { _ = try ImageReader.read(bytes: Array(bytes.prefix(count))) }
        #expect(error == DataError("file ends early"), "\(name) cut to \(count)")
      }
    }
  }

  @Test func jpegCutAnywhereEndsEarly() throws {
    for name in ["rgb.jpg", "progressive.jpg", "cmyk.jpg", "restart.jpg"] {
      let bytes = try Data(
        contentsOf: URL(filePath: Fixtures.images.appending("types").appending(name).string))
      for count in 1..<bytes.count {
        let error = failure { _ = try ImageReader.read(bytes: Array(bytes.prefix(count))) }
        #expect(error == DataError("file ends early"), "\(name) cut to \(count)")
      }
    }
  }

  /// A download tool may close a cut file properly; the pixels are missing all the same.
  @Test func jpegCutAndClosedEndsEarly() throws {
    let path = Fixtures.images.appending("types").appending("rgb.jpg")
    let bytes = try Array(Data(contentsOf: URL(filePath: path.string)))
    let error = failure { _ = try ImageReader.read(bytes: Array(bytes.dropLast(60)) + [0xFF, 0xD9]) }
    #expect(error?.message == "file ends early")
  }

  @Test func survivesEveryFlippedByte() throws {
    for name in Self.drawn {
      let path = Fixtures.images.appending("types").appending(name)
      let bytes = try Array(Data(contentsOf: URL(filePath: path.string)))
      for position in stride(from: 0, to: bytes.count, by: 7) {
        var damaged = bytes
        damaged[position] ^= UInt8(1 << (position % 8))
        var limits = ImageLimits.standard
        limits.pixels = 1_000_000
        _ = try? ImageReader.read(bytes: damaged, limits: limits)
      }
    }
  }

  static let notImages: [(String, [UInt8], String)] = [
    ("empty", [], "file is empty"),
    ("text", Array("hello, world".utf8), "not an image"),
    (
      "html", Array("\n<!DOCTYPE html><html>".utf8),
      "not an image but a web page; download it again"
    ),
    ("gif", Array("GIF89a\u{1}\0".utf8), "GIF image; convert it to PNG or JPEG"),
    ("webp", Array("RIFF\0\0\0\0WEBPVP8 ".utf8), "WebP image; convert it to PNG or JPEG"),
    ("heic", Array("\0\0\0\u{18}ftypheic\0\0\0\0".utf8), "HEIC image; convert it to PNG or JPEG"),
    ("avif", Array("\0\0\0\u{18}ftypavif\0\0\0\0".utf8), "AVIF image; convert it to PNG or JPEG"),
    (
      "bmp", Array("BMF\0\0\0\0\0\0\06\0\0\0(\0\0\0".utf8),
      "BMP image; convert it to PNG or JPEG"
    ),
    ("tiff", [0x49, 0x49, 0x2A, 0, 8, 0, 0, 0], "TIFF image; convert it to PNG or JPEG"),
    (
      "lfs", Array("version https://git-lfs.github.com/spec/v1\noid".utf8),
      "not an image but a Git LFS pointer; run 'git lfs pull'"
    ),
    (
      "text mode", [0x89, 0x50, 0x4E, 0x47, 0x0A, 0x1A, 0x0A, 0],
      "damaged PNG (its first bytes, as after a transfer in text mode)"
    ),
  ]

  @Test(arguments: notImages) func namesWhatIsNoImage(
    _ name: String, _ bytes: [UInt8], _ message: String
  ) {
    #expect(failure { _ = try ImageReader.read(bytes: bytes) } == DataError(message))
  }

  @Test func contentDecidesNotTheName() throws {
    let folder = try TemporaryFolder()
    let source = Fixtures.images.appending("types").appending("rgb.jpg")
    let path = try folder.write("photo.png", Data(contentsOf: URL(filePath: source.string)))
    #expect(try ImageReader.read(path).facts.format == .jpeg)
    let page = try folder.write("page.png", "<html><body>404</body></html>")
    #expect(
      failure { _ = try ImageReader.read(page) }?.message
        == "not an image but a web page; download it again")
  }

  @Test func refusesWhatIsNoRegularFile() throws {
    let folder = try TemporaryFolder()
    let pipe = folder.path.appending("pipe.png")
    #expect(mkfifo(pipe.string, 0o600) == 0)
    #expect(
      failure { _ = try ImageReader.read(pipe) }?.message
        == "not a regular file but a pipe, socket or device")
    #expect(
      failure { _ = try ImageReader.read("/dev/zero") }?.message
        == "not a regular file but a pipe, socket or device")
    #expect(failure { _ = try ImageReader.read(folder.path) }?.message == "a folder, not a file")
    let missing = failure { _ = try ImageReader.read(folder.path.appending("none.png")) }
    #expect(missing == DataError("no such file or folder", kind: .missing))
    try folder.link("dangling.png", to: "none.png")
    #expect(failure { _ = try ImageReader.read(folder.path.appending("dangling.png")) } == missing)
    try folder.link("loop.png", to: "loop.png")
    #expect(
      failure { _ = try ImageReader.read(folder.path.appending("loop.png")) }?.message
        == "link that leads in a circle")
  }

  @Test(.enabled(if: geteuid() != 0)) func namesMissingPermission() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("secret.png", smallPNG(1))
    #expect(chmod(path.string, 0) == 0)
    #expect(
      failure { _ = try ImageReader.read(path) }
        == DataError("cannot be read: permission denied", kind: .system))
  }

  @Test func refusesLongFilesUnread() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("long.png", smallPNG(1))
    #expect(truncate(path.string, 600_000_000) == 0)
    #expect(
      failure { _ = try ImageReader.read(path) }?.message
        == "file of 600 MB; graft reads images up to 512 MB")
  }
}

// MARK: - Real data

extension ImageReaderTests {
  @Test(.enabled(if: RealData.isGiven)) func refusesCorruptPngSuite() throws {
    let files = try RealData.files("pngsuite/corrupt").filter { $0.extension == "png" }
    #expect(files.count == 14)
    for file in files {
      let error = try #require(failure { _ = try ImageReader.read(file) }, "\(file)")
      let name = try #require(file.lastComponent?.string)
      #expect(error.message == Self.corrupt[name], "\(name)")
    }
  }

  @Test(.enabled(if: RealData.isGiven)) func readsStandardPngSuite() throws {
    let files = try RealData.files("pngsuite/standard").filter { $0.extension == "png" }
    #expect(files.count == 161)
    let recorded = try Data(
      contentsOf: URL(filePath: Fixtures.images.appending("pngsuite.txt").string))
    let lines = Set(String(decoding: recorded, as: UTF8.self).split(separator: "\n"))
    for file in files {
      let name = try #require(file.lastComponent?.string)
      let image = try ImageReader.read(file).image
      let line = "\(name) \(image.width) \(image.height) \(ContentHash(of: image.pixels))"
      #expect(lines.contains(line[...]))
    }
  }

  @Test(.enabled(if: RealData.isGiven)) func readsRealPhotos() throws {
    for file in try RealData.files("images/probe_photos") where file.extension == "png" {
      let image = try ImageReader.read(file).image
      #expect(image.width > 200 && image.height > 200)
    }
  }

  static let corrupt = [
    "xc1n0g08.png": "damaged PNG (Invalid color type in IHDR)",
    "xc9n2c08.png": "damaged PNG (Invalid color type in IHDR)",
    "xcrn0g04.png": "damaged PNG (its first bytes, as after a transfer in text mode)",
    "xcsn0g01.png": "damaged PNG (IDAT: CRC error)",
    "xd0n2c08.png": "damaged PNG (Invalid color type/bit depth combination in IHDR)",
    "xd3n2c08.png": "damaged PNG (Invalid color type/bit depth combination in IHDR)",
    "xd9n2c08.png": "damaged PNG (Invalid bit depth in IHDR)",
    "xdtn0g01.png": "damaged PNG (IEND: out of place)",
    "xhdn0g08.png": "damaged PNG (IHDR: CRC error)",
    "xlfn0g04.png": "damaged PNG (its first bytes, as after a transfer in text mode)",
    "xs1n0g01.png": "damaged PNG (its first bytes, as after a transfer in text mode)",
    "xs2n0g01.png": "damaged PNG (its first bytes, as after a transfer in text mode)",
    "xs4n0g01.png": "damaged PNG (its first bytes, as after a transfer in text mode)",
    "xs7n0g01.png": "damaged PNG (its first bytes, as after a transfer in text mode)",
  ]
}
