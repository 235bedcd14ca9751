import ArgumentParser
import Foundation
import Graft

/// Hebb's rule on binary inputs, and the functions that make a neuron of a sum.
@main
struct HebbsRule: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "HebbsRule",
    abstract: "Learn AND by Hebb's rule, and draw the activation functions.")

  @Option(help: "The picture to write.")
  var plot = "activations.svg"

  func run() throws {
    for (name, samples) in [("AND", Logic.and), ("OR", Logic.or), ("XOR", Logic.xor)] {
      let weights = hebb(samples)
      let answers = samples.map { heaviside(sum(weights, $0.x)) == 1 ? 1 : -1 }
      let right = zip(answers, samples).count { $0 == $1.y }
      print("\(name): weights \(weights), right \(right) of \(samples.count)")
    }
    let places = stride(from: -4.0, through: 4.0, by: 0.01)
    let functions: [(String, (Double) -> Double)] = [
      ("Heaviside", heaviside), ("logistic", logistic), ("tanh", tanh), ("ReLU", relu),
    ]
    let picture = LinePlot(
      title: "Activation functions", x: .init("sum"),
      y: .init("activation", range: -1.2...2.2),
      series: functions.map { name, function in
        LinePlot.Series(name, places.map { LinePlot.Point($0, function($0)) })
      })
    try picture.svg().write(toFile: plot, atomically: true, encoding: .utf8)
  }
}

/// "Neurons that fire together wire together": `Δwᵢ = η · xᵢ · y`, with η = 1.
///
/// Source: Hebb, "The organization of behavior", 1949.
func hebb(_ samples: [(x: [Int], y: Int)]) -> [Int] {
  var weights = [Int](repeating: 0, count: samples[0].x.count)
  for (x, y) in samples {
    for i in weights.indices { weights[i] += x[i] * y }
  }
  return weights
}

func sum(_ weights: [Int], _ x: [Int]) -> Double {
  Double(zip(weights, x).reduce(0) { $0 + $1.0 * $1.1 })
}

/// Functions of two binary inputs, −1 and 1; the first input is always 1, for the bias.
enum Logic {
  static let and = table { $0 == 1 && $1 == 1 }
  static let or = table { $0 == 1 || $1 == 1 }
  static let xor = table { $0 != $1 }

  private static func table(_ isTrue: (Int, Int) -> Bool) -> [(x: [Int], y: Int)] {
    [(-1, -1), (-1, 1), (1, -1), (1, 1)].map { a, b in ([1, a, b], isTrue(a, b) ? 1 : -1) }
  }
}

/// 0 below zero, 1 from there on.
func heaviside(_ x: Double) -> Double { x < 0 ? 0 : 1 }
/// `1 / (1 + e⁻ˣ)`
func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
/// `max(0, x)`
func relu(_ x: Double) -> Double { max(0, x) }
