/// How good a network is that says numbers, on photos that it did not learn from. Everything is in the
/// units of the targets.
public struct RegressionReport: Hashable, Codable, Sendable {
  /// What was found of one number.
  public struct Target: Hashable, Codable, Sendable {
    /// Mean of the absolute errors.
    public var meanAbsoluteError: Double
    /// Square root of the mean of the squared errors.
    public var rootMeanSquaredError: Double
    /// `1 − Σ (a − y)² / Σ (ȳ − y)²`: 1 where all is right, 0 where it is no better than always
    /// saying the mean of these photos; nil where they all have the same value.
    public var r2: Double?
    /// Mean of the true values.
    public var mean: Double
    /// Root of the mean squared error of always saying that mean.
    public var deviation: Double
  }

  /// Photos judged.
  public var photos: Int
  /// In the order of the outputs.
  public var perTarget: [Target]
  /// Mean of the targets' R²; nil where none has one.
  public var meanR2: Double?
  /// Nil where it was not measured.
  public var loss: Double?

  /// - Parameters:
  ///   - outputs: what the network says, row by row.
  ///   - targets: the true values likewise.
  /// - Precondition: as many of both, a whole number of rows.
  public init(outputs: [Float], targets: [Float], targetCount: Int, loss: Double? = nil) {
    precondition(outputs.count == targets.count && outputs.count % max(targetCount, 1) == 0)
    let photos = targetCount == 0 ? 0 : outputs.count / targetCount
    self.photos = photos
    self.loss = loss
    perTarget = (0..<targetCount).map { target in
      let places = (0..<photos).map { $0 * targetCount + target }
      return Target(places.map { Double(outputs[$0]) }, places.map { Double(targets[$0]) })
    }
    let known = perTarget.compactMap(\.r2)
    meanR2 = known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
  }
}

extension RegressionReport.Target {
  fileprivate init(_ outputs: [Double], _ values: [Double]) {
    let count = Double(max(values.count, 1))
    let mean = values.reduce(0, +) / count
    let errors = zip(outputs, values).map { $0 - $1 }
    let squares = errors.reduce(0) { $0 + $1 * $1 }
    let spread = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    self.init(
      meanAbsoluteError: errors.reduce(0) { $0 + abs($1) } / count,
      rootMeanSquaredError: (squares / count).squareRoot(),
      r2: spread > 0 ? 1 - squares / spread : nil, mean: mean,
      deviation: (spread / count).squareRoot())
  }
}
