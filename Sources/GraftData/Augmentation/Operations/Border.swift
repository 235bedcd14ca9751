/// What lies beyond the edge of a photo that is moved, turned or bent.
public enum Border: Hashable, Sendable {
  /// One colour: red, green, blue.
  case color(UInt8, UInt8, UInt8)
  /// The pixels at the edge, repeated.
  case nearest
  /// The photo in a mirror along its edge, again and again.
  case mirror

  /// Half of each channel, which is near nothing after a network's normalisation.
  public static let grey = Border.color(128, 128, 128)

  /// The index within `0..<count` that an index beyond it shows.
  @inline(__always)
  func fold(_ index: Int, _ count: Int) -> Int {
    if index >= 0, index < count { return index }
    guard self == .mirror else { return min(max(index, 0), count - 1) }
    // ... 1 0 | 0 1 ... n-1 | n-1 n-2 ...: a period of twice the count.
    let remainder = index % (2 * count)
    let place = remainder < 0 ? remainder + 2 * count : remainder
    return place < count ? place : 2 * count - 1 - place
  }
}
