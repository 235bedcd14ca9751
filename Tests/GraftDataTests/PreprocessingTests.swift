import Foundation
import GraftData
import SystemPackage
import Testing

@Suite struct PreprocessingTests {
  static let resizes = Fixtures.names(in: "resize", suffix: ".rgb").filter { $0.contains("-to-") }
  static let crops = Fixtures.names(in: "resize", suffix: ".rgb").filter { $0.hasPrefix("crop-") }

  @Test func fixturesAreThere() {
    #expect(Self.resizes.count == 10)
    #expect(Self.crops.count == 15)
  }

  @Test(arguments: crops) func equalsTorchvision(_ name: String) throws {
    let parts = name.dropLast(4).split(separator: "-")
    let source = try ImageReader.read(
      Fixtures.images.appending("resize").appending("photo-\(parts[1]).png"))
    let preprocessing = Preprocessing(
      resize: try #require(Int(parts[2])), crop: try #require(Int(parts[3])))
    let expected = try Fixtures.rgb("resize", name)
    #expect(difference(try preprocessing.resized(source.image), expected) == 0)
  }

  @Test(arguments: resizes) func equalsPillow(_ name: String) throws {
    let parts = name.dropLast(4).split(separator: "-")
    let source = try ImageReader.read(
      Fixtures.images.appending("resize").appending("source-\(parts[0]).png"))
    let expected = try Fixtures.rgb("resize", name)
    let resized = source.image.resized(width: expected.width, height: expected.height)
    #expect(difference(resized, expected) == 0)
  }

  @Test func resizesWhileDecodingAsAfterwards() throws {
    let preprocessing = Preprocessing(resize: 12, crop: 9)
    for name in Fixtures.names(in: "types", suffix: ".png")
      + Fixtures.names(in: "types", suffix: ".jpg")
    {
      let path = Fixtures.images.appending("types").appending(name)
      let bytes = try Array(Data(contentsOf: URL(filePath: path.string)))
      let streamed = try preprocessing.resized(bytes: bytes)
      let whole = try preprocessing.resized(ImageReader.read(bytes: bytes).image)
      #expect(streamed.image == whole, "\(name)")
    }
  }

  @Test func cropKeepsTheMiddle() throws {
    #expect(Preprocessing.imageNet.outputSize(width: 500, height: 375) == (224, 224))
    let whole = Preprocessing(resize: 256, crop: nil)
    #expect(whole.outputSize(width: 500, height: 375) == (341, 256))
    #expect(whole.outputSize(width: 375, height: 500) == (256, 341))
    let straight = Preprocessing(resize: nil, crop: 2)
    let image = Image(width: 4, height: 2, pixels: (0..<24).map { UInt8($0) })
    #expect(try straight.resized(image).pixels == [3, 4, 5, 6, 7, 8, 15, 16, 17, 18, 19, 20])
    let none = Preprocessing(resize: nil, crop: nil)
    #expect(try none.resized(image) == image)
  }

  @Test func padsWithTheMeanColor() throws {
    var preprocessing = Preprocessing.imageNet
    preprocessing.fit = .pad
    preprocessing.crop = 4
    let image = Image(width: 4, height: 1, pixels: [UInt8](repeating: 9, count: 12))
    let padded = try preprocessing.resized(image)
    let margin: [UInt8] = [124, 116, 104]
    let line = [UInt8](repeating: 9, count: 12)
    let empty = margin + margin + margin + margin
    #expect(padded.pixels == empty + line + empty + empty)
    preprocessing.padColor = [1, 2, 3]
    #expect(try preprocessing.resized(image).pixels.prefix(3) == [1, 2, 3])
  }

  @Test func stretchLosesProportions() throws {
    let preprocessing = Preprocessing(fit: .stretch, crop: 2)
    let image = Image(width: 4, height: 1, pixels: [0, 0, 0, 0, 0, 0, 200, 0, 0, 200, 0, 0])
    let stretched = try preprocessing.resized(image)
    #expect((stretched.width, stretched.height) == (2, 2))
  }

  @Test func normalizesInTheModelsOrder() throws {
    let image = Image(width: 2, height: 1, pixels: [10, 20, 30, 40, 50, 60])
    let rgb = Preprocessing(
      resize: nil, crop: nil, scale: 0.5, mean: [1, 2, 3], std: [1, 2, 4])
    func oracle(_ pixel: Double, _ c: Int) -> Float {
      Float((pixel * 0.5 - Double(c + 1)) / [1, 2, 4][c])
    }
    #expect(
      rgb.normalized(image)
        == [
          oracle(10, 0), oracle(20, 1), oracle(30, 2), oracle(40, 0), oracle(50, 1), oracle(60, 2),
        ])
    var bgr = rgb
    bgr.channels = .bgr
    #expect(
      bgr.normalized(image, channelsLast: false)
        == [
          oracle(30, 0), oracle(60, 0), oracle(20, 1), oracle(50, 1), oracle(10, 2), oracle(40, 2),
        ])
  }

  @Test func leavesArithmeticToTheNetwork() {
    var preprocessing = Preprocessing.caffe
    preprocessing.fit = .pad
    let left = preprocessing.leavingArithmeticToNetwork
    #expect(left.scale == 1 && left.mean == [0, 0, 0] && left.std == [1, 1, 1])
    #expect(left.channels == .rgb)
    #expect(left.padColor == [124, 117, 104])
  }

  @Test func refusesImmenseResultsWithoutCrop() {
    let image = Image(width: 1, height: 1_000_000, pixels: [UInt8](repeating: 0, count: 3_000_000))
    #expect(
      failure { _ = try Preprocessing(resize: 256, crop: nil).resized(image) }
        == DataError("1 x 1000000 pixels would become 256 x 256000000; set a crop"))
  }
}

// MARK: - JSON

extension PreprocessingTests {
  static let standard = """
    {"version":1,"channels":"RGB","resize":256,"filter":"bilinear-antialias","fit":"crop",\
    "crop":224,"scale":1,"mean":[0,0,0],"std":[1,1,1],"alpha":"drop","exif":true}
    """

  @Test func readsTheDocumentedObject() throws {
    #expect(try Preprocessing(json: Self.standard) == Preprocessing())
  }

  @Test func writesEveryKey() throws {
    #expect(
      Preprocessing().json == """
        {"alpha":"drop","channels":"RGB","crop":224,"exif":true,"filter":"bilinear-antialias",\
        "fit":"crop","mean":[0,0,0],"resize":256,"scale":1,"std":[1,1,1],"version":1}
        """)
    for preprocessing in [
      Preprocessing.imageNet, .caffe, Preprocessing(resize: nil, fit: .pad, padColor: [1, 2, 3]),
      Preprocessing(resize: nil, fit: .stretch, crop: nil, exif: false),
    ] {
      #expect(try Preprocessing(json: preprocessing.json) == preprocessing)
    }
  }

  static let wrong: [(String, String, String)] = [
    ("\"version\":1", "\"version\":2", "version is 2; graft reads version 1. Update graft"),
    ("\"channels\":\"RGB\"", "\"channels\":\"GRB\"", "channels is \"GRB\"; expected \"RGB\" or \"BGR\""),
    ("\"fit\":\"crop\"", "\"fit\":\"\\n\"", "fit is \"\\n\"; expected \"crop\", \"pad\" or \"stretch\""),
    (
      "\"filter\":\"bilinear-antialias\"", "\"filter\":\"nearest\"",
      "filter is \"nearest\"; expected \"bilinear-antialias\""
    ),
    ("\"alpha\":\"drop\"", "\"alpha\":\"white\"", "alpha is \"white\"; expected \"drop\""),
    ("\"resize\":256", "\"resize\":0", "resize is 0; expected 1 to 8192"),
    ("\"crop\":224", "\"crop\":9000", "crop is 9000; expected 1 to 8192"),
    (
      "\"crop\":224", "\"crop\":300",
      "resize (256) is smaller than crop (300); make it at least as large"
    ),
    ("\"scale\":1", "\"scale\":0", "scale is 0.0; expected a finite number other than 0"),
    ("\"mean\":[0,0,0]", "\"mean\":[0,0]", "mean has 2 numbers; expected 3, one for each channel"),
    (
      "\"std\":[1,1,1]", "\"std\":[1,0,1]",
      "std is [1.0, 0.0, 1.0]; expected numbers other than 0, because it divides"
    ),
    ("\"scale\":1,", "", "scale is missing"),
    ("\"exif\":true", "\"exif\":\"yes\"", "exif is of another type than expected"),
    ("{\"version\":1", "[", "not a JSON object"),
  ]

  @Test(arguments: wrong) func namesWhatIsWrong(_ from: String, _ to: String, _ message: String) {
    let json = Self.standard.replacing(from, with: to)
    #expect(failure { _ = try Preprocessing(json: json) } == DataError(message))
  }

  @Test func refusesNumbersThatAreNotFinite() {
    var preprocessing = Preprocessing()
    preprocessing.mean = [0, .nan, 0]
    #expect(
      failure { try preprocessing.validate() }?.message
        == "mean is [0.0, nan, 0.0]; expected finite numbers")
  }
}
