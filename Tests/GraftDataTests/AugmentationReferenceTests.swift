import GraftData
import SystemPackage
import Testing

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What each change makes of `Fixtures/augmentation/source.png` with given parameters, against the
/// images that `make_augmentations.py` had Pillow, torchvision, colorsys and numpy make.
@Suite struct AugmentationReferenceTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    /// Largest difference of a level. 0: whole numbers all the way. 1: sums in another order, or
    /// rounded where Pillow drops the fraction.
    var tolerance: Int
    var change: @Sendable (Image) -> Image
    var testDescription: String { name }
  }

  static let geometry: [Case] = [
    Case(name: "flip", tolerance: 0) { HorizontalFlip().apply(true, to: $0) },
    Case(name: "vflip", tolerance: 0) { VerticalFlip().apply(true, to: $0) },
    Case(name: "rotate-20", tolerance: 1) { Rotation(border: .grey).apply(20, to: $0) },
    Case(name: "rotate-minus-75", tolerance: 1) {
      ImageOperation.rotate(-75).apply(to: $0, border: .grey)
    },
    Case(name: "rotate-mirror-33", tolerance: 1) { Rotation(border: .mirror).apply(33, to: $0) },
    Case(name: "shear-x", tolerance: 1) {
      ImageOperation.shearX(0.3).apply(to: $0, border: .grey)
    },
    Case(name: "shear-x-minus", tolerance: 1) {
      ImageOperation.shearX(-0.21).apply(to: $0, border: .grey)
    },
    Case(name: "shear-y", tolerance: 1) {
      ImageOperation.shearY(0.25).apply(to: $0, border: .grey)
    },
    Case(name: "translate-x", tolerance: 0) {
      ImageOperation.translateX(7).apply(to: $0, border: .grey)
    },
    Case(name: "translate-y", tolerance: 0) {
      ImageOperation.translateY(-5).apply(to: $0, border: .grey)
    },
    Case(name: "crop", tolerance: 0) {
      $0.resized(PixelRegion(left: 9, top: 5, width: 31, height: 20), width: 24, height: 24)
    },
    Case(name: "crop-enlarged", tolerance: 0) {
      $0.resized(PixelRegion(left: 30, top: 11, width: 7, height: 8), width: 24, height: 24)
    },
    Case(name: "pad-crop", tolerance: 0) {
      PadCrop().apply(PadCrop.Shift(x: 3, y: -2), to: $0)
    },
    Case(name: "elastic", tolerance: 1) { image in
      let places = (0..<image.width * image.height).map { ($0 % image.width, $0 / image.width) }
      let field = ElasticDeformation.Field(
        x: places.map { x, y in 3 * sinf(Float(y) / 4 + Float(x) / 9) },
        y: places.map { x, _ in 2.5 * cosf(Float(x) / 5) })
      return ElasticDeformation().apply(field, to: image)
    },
  ]

  static let tones: [Case] = [
    Case(name: "brightness-0.6", tolerance: 0) { $0.withBrightness(0.6) },
    Case(name: "brightness-1.7", tolerance: 0) { $0.withBrightness(1.7) },
    Case(name: "contrast-0.4", tolerance: 0) { $0.withContrast(0.4) },
    Case(name: "contrast-1.8", tolerance: 0) { $0.withContrast(1.8) },
    Case(name: "saturation-0.3", tolerance: 0) { $0.withSaturation(0.3) },
    Case(name: "saturation-1.9", tolerance: 0) { $0.withSaturation(1.9) },
    // Pillow's hue has 256 steps, 6 levels apart at full range, and its saturation too.
    Case(name: "hue-0.2", tolerance: 8) { $0.withHueShift(turns: 0.2) },
    Case(name: "hue-minus-0.4", tolerance: 8) { $0.withHueShift(turns: -0.4) },
    Case(name: "hue-exact-0.2", tolerance: 1) { $0.withHueShift(turns: 0.2) },
    Case(name: "hue-exact-minus-0.4", tolerance: 1) { $0.withHueShift(turns: -0.4) },
    Case(name: "sharpness-0", tolerance: 0) { $0.withSharpness(0) },
    Case(name: "sharpness-0.3", tolerance: 0) { $0.withSharpness(0.3) },
    Case(name: "sharpness-1.9", tolerance: 0) { $0.withSharpness(1.9) },
    Case(name: "posterize-2", tolerance: 0) {
      ImageOperation.posterize(2).apply(to: $0, border: .grey)
    },
    Case(name: "posterize-4", tolerance: 0) { $0.posterized(bits: 4) },
    Case(name: "solarize-100", tolerance: 0) {
      ImageOperation.solarize(100).apply(to: $0, border: .grey)
    },
    Case(name: "solarize-178.5", tolerance: 0) { $0.solarized(threshold: 178.5) },
    Case(name: "autocontrast", tolerance: 0) {
      ImageOperation.autoContrast.apply(to: $0, border: .grey)
    },
    Case(name: "equalize", tolerance: 0) {
      ImageOperation.equalize.apply(to: $0, border: .grey)
    },
  ]

  private func fixture(_ name: String) throws -> Image {
    let folder = Fixtures.images.removingLastComponent().appending("augmentation")
    return try ImageReader.read(folder.appending(name + ".png")).image
  }

  @Test(arguments: geometry + tones) func equalsTheReference(_ example: Case) throws {
    let result = example.change(try fixture("source"))
    let difference = try #require(
      difference(result, try fixture(example.name)), "another size: \(result.width)")
    #expect(difference <= example.tolerance)
  }

  @Test func erasesExactlyTheRectangle() throws {
    let source = try fixture("source")
    let reference = try fixture("erase")
    let region = PixelRegion(left: 12, top: 6, width: 15, height: 21)
    let erased = RandomErasing().apply(RandomErasing.Patch(region: region, seed: 5), to: source)
    var levels = Set<UInt8>()
    for index in source.pixels.indices {
      if reference.pixels[index] == source.pixels[index] {
        #expect(erased.pixels[index] == source.pixels[index])
      } else {
        levels.insert(erased.pixels[index])
      }
    }
    // 945 draws from 256 levels meet about 250 of them.
    #expect(levels.count > 230)
  }

  @Test func operationsOfTheSameNameAreTheSame() throws {
    let source = try fixture("source")
    func expect(_ operation: ImageOperation, _ expected: Image) {
      #expect(operation.apply(to: source, border: .nearest) == expected)
    }
    expect(.identity, source)
    expect(.brightness(0.7), source.withBrightness(0.7))
    expect(.contrast(0.7), source.withContrast(0.7))
    expect(.color(0.7), source.withSaturation(0.7))
    expect(.sharpness(1.7), source.withSharpness(1.7))
  }

  @Test func leavesFlatAndTinyImagesAlone() {
    let flat = Image(width: 1, height: 2, pixels: [7, 80, 200, 7, 80, 200])
    #expect(flat.autoContrasted() == flat)
    #expect(flat.equalized() == flat)
    #expect(flat.withSharpness(1.9) == flat)
    #expect(flat.flippedHorizontally() == flat)
    #expect(flat.rotated(degrees: 40, border: .mirror) == flat)
    #expect(flat.withHueShift(turns: 1).pixels == flat.pixels)
    let grey = Image(width: 1, height: 1, pixels: [9, 9, 9])
    #expect(grey.withHueShift(turns: 0.3) == grey)
  }

  @Test func bordersShowWhatTheySay() {
    let row = Image(width: 3, height: 1, pixels: [10, 10, 10, 20, 20, 20, 30, 30, 30])
    func reds(_ x: Int, _ border: Border) -> [UInt8] {
      let moved = row.translated(x: x, y: 0, border: border)
      return (0..<3).map { moved.pixels[3 * $0] }
    }
    #expect(reds(2, .nearest) == [10, 10, 10])
    #expect(reds(2, .mirror) == [20, 10, 10])
    #expect(reds(-5, .mirror) == [10, 10, 20])
    #expect(reds(2, .color(1, 2, 3)) == [1, 1, 10])
    #expect(reds(-9, .grey) == [128, 128, 128])
  }

  @Test func bendsPlanesOfNumbers() {
    let plane: [Float] = [1, 2, 3, 4]
    let right = ElasticDeformation.Field(x: [0.5, 0, 0, 0], y: [0, 1, 0.25, 0])
    let bent = ElasticDeformation().apply(right, toPlane: plane, width: 2, height: 2)
    #expect(bent == [1.5, 4, 2.25, 4])
    let away = ElasticDeformation.Field(x: [-1, 9, 0, 0], y: [0, 0, 0, 0.5])
    #expect(
      ElasticDeformation().apply(away, toPlane: plane, width: 2, height: 2) == [0, 0, 3, 2])
  }
}
