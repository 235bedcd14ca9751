import ArgumentParser
import Foundation
import Graft

/// A linear neuron that learns by the delta rule, its weights changed after every sample, after a few,
/// or after all of them.
@main
struct LinearNeuron: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "LinearNeuron",
    abstract: "Learn y = 2 x₁ − x₂ + 0.5 from noisy samples, in three kinds of descent.")

  @Option(help: "Samples to learn from.")
  var samples = 100

  @Option(help: "Passes over all samples.")
  var epochs = 20

  @Option(help: "η: how far a step goes.")
  var rate = 0.05

  @Option(help: "The picture to write.")
  var plot = "linear-neuron.svg"

  func run() throws {
    let data = Sample.drawn(samples, seed: 1)
    let kinds = [("full batch", samples), ("mini-batches of 10", 10), ("online", 1)]
    var curves: [LinePlot.Series] = []
    for (name, batchSize) in kinds {
      var neuron = Neuron(weights: [0, 0, 0])
      var errors = [neuron.error(on: data) / Double(samples)]
      for _ in 0..<epochs {
        for start in stride(from: 0, to: samples, by: batchSize) {
          neuron.learn(from: data[start..<min(start + batchSize, samples)], rate: rate)
        }
        errors.append(neuron.error(on: data) / Double(samples))
      }
      let weights = neuron.weights.map { String(format: "%.3f", $0) }.joined(separator: "  ")
      print("\(name): error \(String(format: "%.5f", errors[epochs])), weights \(weights)")
      let points = errors.enumerated().map { LinePlot.Point(Double($0), $1) }
      curves.append(LinePlot.Series(name, points))
    }
    let picture = LinePlot(
      title: "Delta rule: error of a linear neuron", x: .init("epoch"),
      y: .init("½ Σ (a − y)² / samples", scale: .logarithmic), series: curves)
    try picture.svg().write(toFile: plot, atomically: true, encoding: .utf8)
  }
}

/// `a = Σ wᵢ xᵢ`
struct Neuron {
  var weights: [Double]

  func activation(_ x: [Double]) -> Double { zip(weights, x).reduce(0) { $0 + $1.0 * $1.1 } }

  /// `E = ½ Σ (a − y)²`
  func error(on samples: some Sequence<Sample>) -> Double {
    samples.reduce(0) { $0 + 0.5 * pow(activation($1.x) - $1.y, 2) }
  }

  /// The delta rule, `Δwᵢ = −η · ∂E/∂wᵢ = η · Σ (y − a) xᵢ`, here the mean over the batch.
  mutating func learn(from batch: ArraySlice<Sample>, rate: Double) {
    var change = [Double](repeating: 0, count: weights.count)
    for sample in batch {
      let delta = sample.y - activation(sample.x)
      for i in change.indices { change[i] += rate * delta * sample.x[i] / Double(batch.count) }
    }
    for i in weights.indices { weights[i] += change[i] }
  }
}

/// Inputs, the first always 1 for the bias, and what the neuron should say.
struct Sample {
  var x: [Double]
  var y: Double

  /// `y = 0.5 + 2 x₁ − x₂` and a little noise.
  static func drawn(_ count: Int, seed: UInt64) -> [Sample] {
    var generator = SeededGenerator(seed)
    return (0..<count).map { _ in
      let x = [1, Double(generator.normal()), Double(generator.normal())]
      return Sample(x: x, y: 0.5 + 2 * x[1] - x[2] + 0.1 * Double(generator.normal()))
    }
  }
}
