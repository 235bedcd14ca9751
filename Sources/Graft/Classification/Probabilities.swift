import Foundation

/// Probabilities of logits, computed without overflow.
func softmax(_ logits: [Float]) -> [Float] {
  let largest = logits.max() ?? 0
  let exponentials = logits.map { Foundation.exp(Double($0 - largest)) }
  let sum = exponentials.reduce(0, +)
  return exponentials.map { Float($0 / sum) }
}
