/// How the numbers that a network learns to say are brought to one size: `z = (y − mean) / deviation`,
/// so that grams and kilometres weigh alike and start from their means.
///
/// The network says z; whoever asks hears y. In exported files the last two nodes are this.
public struct TargetScale: Hashable, Sendable, Codable {
  /// Of each number, over the photos that were learned from.
  public let mean: [Float]
  /// Of each number likewise; 1 where all photos have the same.
  public let deviation: [Float]

  /// Are there as many deviations above 0 as means? A file may say anything.
  var isWhole: Bool {
    mean.count == deviation.count && mean.allSatisfy(\.isFinite)
      && deviation.allSatisfy { $0 > 0 && $0.isFinite }
  }

  /// Values as they are, before any photo was learned from.
  init(identityOf count: Int) {
    mean = Array(repeating: 0, count: count)
    deviation = Array(repeating: 1, count: count)
  }

  /// Of the photos with these values.
  init(of rows: [[Float]], count: Int) {
    let n = Double(max(rows.count, 1))
    let means = (0..<count).map { k in rows.reduce(0) { $0 + Double($1[k]) } / n }
    mean = means.map { Float($0) }
    deviation = means.enumerated().map { k, mean in
      let spread = rows.reduce(0) { $0 + (Double($1[k]) - mean) * (Double($1[k]) - mean) }
      let deviation = Float((spread / n).squareRoot())
      return deviation > 0 ? deviation : 1
    }
  }

  /// What the network should say of values.
  func scaled(_ values: [Float]) -> [Float] {
    values.indices.map { Float((Double(values[$0]) - Double(mean[$0])) / Double(deviation[$0])) }
  }

  /// The values that the network means.
  func values(_ outputs: [Float]) -> [Float] {
    outputs.indices.map { outputs[$0] * deviation[$0] + mean[$0] }
  }
}
