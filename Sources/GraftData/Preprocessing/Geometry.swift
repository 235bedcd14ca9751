/// Where the pixels of a prepared photo come from: the photo is resized to `resized`, and of that
/// the window at `left`, `top` of `width` x `height` pixels is kept, surrounded by margins.
struct Geometry: Hashable {
  struct Size: Hashable {
    var width: Int
    var height: Int
  }

  var resized: Size
  var left = 0
  var top = 0
  /// The window.
  var width: Int
  var height: Int
  /// The whole output; the window lies at `marginLeft`, `marginTop` in it.
  var output: Size
  var marginLeft = 0
  var marginTop = 0

  var hasMargins: Bool { output != Size(width: width, height: height) }
}

extension Preprocessing {
  /// The geometry for a photo of the given size, already turned.
  func geometry(_ size: Geometry.Size) -> Geometry {
    switch fit {
    case .crop: croppedGeometry(size)
    case .pad: paddedGeometry(size)
    case .stretch:
      whole(crop ?? resize ?? size.width, crop ?? resize ?? size.height)
    }
  }

  private func whole(_ width: Int, _ height: Int) -> Geometry {
    let size = Geometry.Size(width: width, height: height)
    return Geometry(resized: size, width: width, height: height, output: size)
  }

  /// torchvision's `Resize` and `CenterCrop`: the longer side is truncated, the offset is rounded
  /// half to even.
  private func croppedGeometry(_ size: Geometry.Size) -> Geometry {
    var resized = size
    if let shorter = resize ?? crop {
      resized =
        size.width <= size.height
        ? Geometry.Size(width: shorter, height: shorter * size.height / size.width)
        : Geometry.Size(width: shorter * size.width / size.height, height: shorter)
    }
    guard let crop else { return whole(resized.width, resized.height) }
    return Geometry(
      resized: resized,
      left: Self.halfToEven(resized.width - crop), top: Self.halfToEven(resized.height - crop),
      width: crop, height: crop, output: Geometry.Size(width: crop, height: crop))
  }

  /// The longer side fills the square; what is left over is split, the odd pixel to the right or
  /// the bottom.
  private func paddedGeometry(_ size: Geometry.Size) -> Geometry {
    guard let side = crop ?? resize else { return whole(size.width, size.height) }
    let longer = max(size.width, size.height)
    let width = max(1, side * size.width / longer)
    let height = max(1, side * size.height / longer)
    return Geometry(
      resized: Geometry.Size(width: width, height: height), width: width, height: height,
      output: Geometry.Size(width: side, height: side),
      marginLeft: (side - width) / 2, marginTop: (side - height) / 2)
  }

  private static func halfToEven(_ number: Int) -> Int {
    Int((Double(number) / 2).rounded(.toNearestOrEven))
  }
}
