import Foundation
import GraftData
import GraftTensor
import Testing

@Suite struct AugmentationPolicyTests {
  @Test func readsNamesAndNumbers() throws {
    let policy = try AugmentationPolicy("Crop:0.5, flip,rotate:20,jitter:0.3:0.1 ,erase:0.25")
    #expect(policy.text == "crop:0.5,flip,rotate:20,jitter:0.3:0.1,erase:0.25")
    #expect(policy.description == policy.text)
    #expect(policy.crop == RandomResizedCrop(scale: 0.5...1))
    #expect(policy.steps.count == 4)
    #expect(policy.steps[0] as? HorizontalFlip == HorizontalFlip())
    #expect(policy.steps[1] as? Rotation == Rotation(degrees: 20))
    let jitter = ColorJitter(brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 0.1)
    #expect(policy.steps[2] as? ColorJitter == jitter)
    #expect(policy.steps[3] as? RandomErasing == RandomErasing(probability: 0.25))
    let others = try AugmentationPolicy("vflip,shift:0.1,elastic:40,randaugment:3:12,crop")
    #expect(others.steps[0] as? VerticalFlip == VerticalFlip())
    #expect(others.steps[1] as? PadCrop == PadCrop(margin: 0.1))
    #expect(others.steps[2] as? ElasticDeformation == ElasticDeformation(alpha: 40))
    #expect(others.steps[3] as? RandAugment == RandAugment(operations: 3, magnitude: 12))
    #expect(others.crop == RandomResizedCrop())
  }

  @Test func setsAreWhatTheirSummariesSay() throws {
    #expect(try AugmentationPolicy("none").isNone && AugmentationPolicy.none.isNone)
    for entry in AugmentationCatalog.entries.prefix(4).dropFirst() {
      let parts = entry.summary.replacing(" and ", with: ", ").replacing(" ", with: "")
      let (set, single) = (try AugmentationPolicy(entry.name), try AugmentationPolicy(parts))
      #expect(set.crop == single.crop, "\(entry.name)")
      #expect(set.steps.map { AnyHashable($0) } == single.steps.map { AnyHashable($0) })
      #expect(!set.isNone)
    }
    let extended = try AugmentationPolicy("light,vflip")
    #expect(extended.steps.count == 3 && extended.crop != nil)
  }

  private static let known =
    "known: none, light, strong, cifar, crop[:LEAST], shift[:PART], flip, vflip, rotate[:DEGREES], "
    + "jitter[:AMOUNT[:HUE]], erase[:OFTEN], elastic[:ALPHA], randaugment[:N[:M]], trivialaugment"

  @Test(arguments: [
    ("flop", "no augmentation is called 'flop'", true),
    ("flip,,erase", "an augmentation has no name; expected names separated by commas", true),
    ("", "an augmentation has no name; expected names separated by commas", true),
    ("a\u{1B}b", "no augmentation is called 'a\\x1Bb'", true),
    (
      "rotate:x", "'rotate:x': 'x' is not a number from 0 to 180; expected rotate[:DEGREES]", false
    ),
    (
      "rotate:nan", "'rotate:nan': 'nan' is not a number from 0 to 180; expected rotate[:DEGREES]",
      false
    ),
    ("rotate:5:6", "'rotate:5:6' has too many numbers; expected rotate[:DEGREES]", false),
    ("flip:0.3", "'flip:0.3' has too many numbers; expected flip", false),
    ("crop:0", "'crop:0': '0' is not a number from 0.01 to 1; expected crop[:LEAST]", false),
    (
      "jitter:0.2:0.7",
      "'jitter:0.2:0.7': '0.7' is not a number from 0 to 0.5; expected jitter[:AMOUNT[:HUE]]", false
    ),
    (
      "randaugment:2:31",
      "'randaugment:2:31': '31' is not a whole number from 0 to 30; expected randaugment[:N[:M]]",
      false
    ),
    (
      "randaugment:1.5",
      "'randaugment:1.5': '1.5' is not a whole number from 1 to 14; expected randaugment[:N[:M]]",
      false
    ),
    ("light,crop", "'light,crop' crops twice; keep one crop", false),
  ])
  func refuses(_ text: String, _ message: String, _ listsAll: Bool) {
    let error = failure { _ = try AugmentationPolicy(text) }
    #expect(error == DataError(message, hints: listsAll ? [Self.known] : []))
  }

  @Test func travelsAsItsText() throws {
    let policy = try AugmentationPolicy("flip,rotate:15")
    let data = try JSONEncoder().encode(["augment": policy])
    #expect(String(decoding: data, as: UTF8.self) == #"{"augment":"flip,rotate:15"}"#)
    let back = try JSONDecoder().decode([String: AugmentationPolicy].self, from: data)
    #expect(back["augment"] == policy)
    #expect(Set([policy, try AugmentationPolicy("flip, rotate:15"), .none]).count == 2)
    #expect(
      throws: DataError("no augmentation is called 'x'", hints: [Self.known])
    ) { try JSONDecoder().decode([AugmentationPolicy].self, from: Data(#"["x"]"#.utf8)) }
  }

  /// Each draws from its own stream: what comes before does not change what a step draws.
  @Test func stepsDoNotDisturbOneAnother() throws {
    var noise = SeededGenerator(9)
    let image = Image(
      width: 16, height: 16,
      pixels: (0..<768).map { _ in UInt8(truncatingIfNeeded: noise.next()) })
    func view(_ text: String, _ seed: UInt64) throws -> Image {
      var generator = SeededGenerator(seed)
      return try AugmentationPolicy(text).view(of: image, side: 16, using: &generator)
    }
    for seed in 0..<20 as Range<UInt64> {
      // One draw and seven, neither of which changes anything.
      let turned = try view("rotate:0,shift", seed)
      #expect(try turned == view("jitter:0,shift", seed))
      #expect(turned != image || seed > 0)
    }
  }

  // MARK: - Canvases

  private func canvas(
    _ preprocessing: Preprocessing, _ policy: String, width: Int, height: Int
  ) throws -> Image {
    try preprocessing.canvas(
      bytes: smallPNG(3, width: width, height: height), for: AugmentationPolicy(policy))
  }

  @Test func canvasesAreAsLargeAsTheViewsNeed() throws {
    let crop = Preprocessing(resize: 10, crop: 8)
    func size(_ p: Preprocessing, _ policy: String, _ w: Int, _ h: Int) throws -> [Int] {
      let image = try canvas(p, policy, width: w, height: h)
      return [image.width, image.height]
    }
    #expect(try size(crop, "flip", 40, 30) == [8, 8])
    #expect(try size(crop, "crop", 40, 30) == [16, 12])
    #expect(try size(crop, "crop", 30, 60) == [12, 24])
    // Not enlarged.
    #expect(try size(crop, "crop", 20, 9) == [20, 9])
    #expect(try size(Preprocessing(fit: .pad, crop: 8), "crop", 40, 30) == [12, 12])
    #expect(try size(Preprocessing(fit: .stretch, crop: 8), "crop", 40, 30) == [12, 12])
    #expect(try size(Preprocessing(fit: .stretch, crop: 8), "crop", 5, 9) == [9, 9])
    #expect(try size(Preprocessing(fit: .pad, crop: 8), "flip", 5, 9) == [8, 8])
  }

  @Test func viewsHaveTheNetworksSize() throws {
    for policy in ["crop", "crop:0.3,flip", "light", "strong"] {
      let kept = try canvas(Preprocessing(resize: 10, crop: 8), policy, width: 31, height: 20)
      var generator = SeededGenerator(1)
      let view = try AugmentationPolicy(policy).view(of: kept, side: 8, using: &generator)
      #expect(view.width == 8 && view.height == 8)
    }
  }
}
