import GraftKernels
public import GraftTensor

/// An exponential moving average of the weights of all steps, which is often better than the last.
///
///     a ← a + (1−d)·(w − a)             a = w before the first step
///     d = min(D, (1+t)/(10+t))          while warming up, t counting updates from 0
///
/// With the plain D the first weights, which know nothing, stay in the average for about 1/(1−D)
/// steps; warming up forgets them sooner, so runs of a few hundred steps can be averaged too.
/// Source: Polyak, Juditsky, "Acceleration of stochastic approximation by averaging", 1992; the
/// warm-up is that of TensorFlow's `ExponentialMovingAverage(num_updates:)`.
///
/// A value, so that a checkpoint can keep it. To judge or to keep the averaged network,
/// ``exchange(with:)``, and exchange again to go on training.
public struct WeightAverage: Sendable, Equatable {
  /// D in `0..<1`: 0.999 remembers about a thousand steps.
  public let decay: Float
  /// Does the average follow more quickly in the beginning?
  public let isWarmingUp: Bool
  /// t: updates so far.
  public private(set) var step: Int
  /// a, in the order of the parameters.
  public private(set) var averages: [Tensor]

  /// Begins with the present weights.
  ///
  /// - Precondition: a decay in `0..<1`.
  public init(of parameters: [LearnedParameter], decay: Float, isWarmingUp: Bool = true) {
    self.init(
      decay: decay, isWarmingUp: isWarmingUp, step: 0,
      averages: parameters.map { Tensor($0.value.shape, $0.value.elements) })
  }

  /// As a checkpoint kept it.
  public init(decay: Float, isWarmingUp: Bool, step: Int, averages: [Tensor]) {
    precondition((0..<1).contains(decay), "the decay of an average must be in 0..<1")
    self.decay = decay
    self.isWarmingUp = isWarmingUp
    self.step = step
    self.averages = averages
  }

  /// The decay of the next update.
  public var currentDecay: Float {
    isWarmingUp ? min(decay, Float(1 + step) / Float(10 + step)) : decay
  }

  /// Takes the present weights into the average, to be called after each update of them.
  ///
  /// - Precondition: the parameters that it was made with.
  public mutating func update(with parameters: [LearnedParameter]) {
    precondition(parameters.count == averages.count, "another number of parameters")
    let share = 1 - currentDecay
    step += 1
    for (index, parameter) in parameters.enumerated() {
      let (p, count) = (parameter.value.base, parameter.value.count)
      precondition(averages[index].shape == parameter.value.shape, "a parameter changed its shape")
      averages[index].withUnsafeMutableElements { average in
        let a = average.baseAddress!
        Parallel.forRanges(of: count, size: Parallel.elementRange) { range in
          for i in range { a[i] += share * (p[i] - a[i]) }
        }
      }
    }
  }

  /// Puts the average into the network and the network's weights here; twice is as before.
  ///
  /// The network's `parametersChanged()` is to be called after each.
  public mutating func exchange(with parameters: [LearnedParameter]) {
    precondition(parameters.count == averages.count, "another number of parameters")
    for (index, parameter) in parameters.enumerated() {
      let (p, count) = (parameter.value.base, parameter.value.count)
      precondition(averages[index].shape == parameter.value.shape, "a parameter changed its shape")
      averages[index].withUnsafeMutableElements { average in
        let a = average.baseAddress!
        Parallel.forRanges(of: count, size: Parallel.elementRange) { range in
          for i in range { (p[i], a[i]) = (a[i], p[i]) }
        }
      }
    }
  }
}
