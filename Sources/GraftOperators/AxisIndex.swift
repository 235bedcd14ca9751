import GraftGraph
import GraftTensor

extension Shape {
  /// The axis that a node means: negative ones count from the end.
  func axis(_ written: Int, named name: String = "axis") throws(ShapeError) -> Int {
    guard (-rank..<rank).contains(written) else {
      throw ShapeError(
        "\(name) is \(written), but the input has shape \(self): axes go from \(-rank) to "
          + "\(rank - 1)")
    }
    return written < 0 ? written + rank : written
  }

  /// Distinct axes in increasing order.
  func axes(_ written: [Int]) throws(ShapeError) -> [Int] {
    var axes: [Int] = []
    for entry in written {
      let axis = try axis(entry, named: "axes")
      guard !axes.contains(axis) else {
        throw ShapeError("axes \(written) name axis \(axis) twice")
      }
      axes.append(axis)
    }
    return axes.sorted()
  }
}
