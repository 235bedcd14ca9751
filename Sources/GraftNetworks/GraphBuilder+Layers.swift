import GraftGraph
import GraftONNX
import GraftOperators
import GraftTensor

// MARK: - With weights

extension GraphBuilder {
  /// 2-D convolution with a square kernel; weights `name.weight`, and `name.bias` where it has one.
  ///
  /// `padsToSame` pads with as many zeros as make the output as large as the input at stride 1, the
  /// odd one at the end, instead of `pad`.
  public mutating func conv(
    _ x: Value, outputs: Int, kernel: Int, stride: Int = 1, pad: Int = 0, groups: Int = 1,
    padsToSame: Bool = false, hasBias: Bool = true, initialization: Initialization? = nil,
    name: String? = nil
  ) -> Value {
    let name = uniqueName(name ?? "conv")
    let channels = x.shape.rank == 4 ? x.shape[1] : 1
    var inputs = [
      x,
      weight(
        "\(name).weight", [outputs, channels / max(groups, 1), kernel, kernel], initialization),
    ]
    if hasBias { inputs.append(vector("\(name).bias", outputs)) }
    return decode(
      "Conv", inputs,
      [
        "kernel_shape": .ints([kernel, kernel]), "strides": .ints([stride, stride]),
        "group": .int(groups),
        padsToSame ? "auto_pad" : "pads":
          padsToSame ? .string("SAME_UPPER") : .ints([pad, pad, pad, pad]),
      ], name: name)
  }

  /// Fully connected layer on `[N, F]`: `Y = X · Wᵀ + B`, weights `[outputs, F]`.
  public mutating func gemm(
    _ x: Value, outputs: Int, initialization: Initialization? = nil, name: String? = nil
  ) -> Value {
    let name = uniqueName(name ?? "dense")
    let features = x.shape.rank == 2 ? x.shape[1] : 1
    let weights = weight("\(name).weight", [outputs, features], initialization)
    return decode(
      "Gemm", [x, weights, vector("\(name).bias", outputs)], ["transB": .int(1)], name: name)
  }

  /// Batch normalisation in its frozen form, as a file has it, with mean 0 and variance 1 to begin.
  public mutating func batchNorm(
    _ x: Value, epsilon: Float = 1e-5, momentum: Float = 0.9, name: String? = nil
  ) -> Value {
    let name = uniqueName(name ?? "bn")
    let channels = x.shape.rank >= 2 ? x.shape[1] : 1
    let inputs = [
      x, vector("\(name).weight", channels, repeating: 1), vector("\(name).bias", channels),
      vector("\(name).running_mean", channels),
      vector("\(name).running_var", channels, repeating: 1),
    ]
    return decode(
      "BatchNormalization", inputs,
      ["epsilon": .float(epsilon), "momentum": .float(momentum)], name: name)
  }
}

// MARK: - Without

extension GraphBuilder {
  /// `max(X, 0)`
  public mutating func relu(_ x: Value, name: String? = nil) -> Value {
    node("Relu", [x], name: name)
  }

  /// Probabilities of `[N, K]`.
  public mutating func softmax(_ x: Value, name: String? = nil) -> Value {
    node("Softmax", [x], attributes: ["axis": .int(1)], name: name)
  }

  /// Largest number of each square window.
  public mutating func maxPool(
    _ x: Value, kernel: Int, stride: Int, pad: Int = 0, roundsUp: Bool = false,
    name: String? = nil
  ) -> Value {
    node(
      "MaxPool", [x], attributes: window(kernel, stride, pad, roundsUp), name: name ?? "pool")
  }

  /// Mean of each square window.
  public mutating func averagePool(
    _ x: Value, kernel: Int, stride: Int, pad: Int = 0, name: String? = nil
  ) -> Value {
    node(
      "AveragePool", [x], attributes: window(kernel, stride, pad, false), name: name ?? "pool")
  }

  private func window(
    _ kernel: Int, _ stride: Int, _ pad: Int, _ roundsUp: Bool
  ) -> [String: ONNXAttribute.Value] {
    [
      "kernel_shape": .ints([kernel, kernel]), "strides": .ints([stride, stride]),
      "pads": .ints([pad, pad, pad, pad]), "ceil_mode": .int(roundsUp ? 1 : 0),
    ]
  }

  /// Mean of each channel: `[N, C, H, W]` to `[N, C]`.
  public mutating func globalAverage(_ x: Value, name: String? = nil) -> Value {
    flatten(node("GlobalAveragePool", [x], name: name ?? "avgpool"))
  }

  /// `[N, C, H, W]` to `[N, C · H · W]`
  public mutating func flatten(_ x: Value, name: String? = nil) -> Value {
    node("Flatten", [x], attributes: ["axis": .int(1)], name: name)
  }

  /// Random zeros with this probability while training, nothing else.
  public mutating func dropout(_ x: Value, ratio: Float = 0.5, name: String? = nil) -> Value {
    node("Dropout", [x], constants: [.floats(Tensor([1], [ratio]))], name: name)
  }

  /// The sum of two values of one shape: a residual connection.
  public mutating func add(_ a: Value, _ b: Value, name: String? = nil) -> Value {
    node("Add", [a, b], name: name)
  }

  /// The channels of all, one after the other.
  public mutating func concat(_ values: [Value], name: String? = nil) -> Value {
    node("Concat", values, attributes: ["axis": .int(1)], name: name)
  }

  /// Local response normalisation over this many channels, with the numbers of AlexNet's paper
  /// unless given.
  public mutating func localResponse(
    _ x: Value, size: Int = 5, alpha: Float = 1e-4, beta: Float = 0.75, bias: Float = 2,
    name: String? = nil
  ) -> Value {
    node(
      "LRN", [x],
      attributes: [
        "size": .int(size), "alpha": .float(alpha), "beta": .float(beta), "bias": .float(bias),
      ], name: name)
  }
}

// MARK: - Shortcuts without weights

extension GraphBuilder {
  /// Every so many pixels, in both directions.
  mutating func slice(_ x: Value, everyPixel step: Int, name: String) -> Value {
    let cuts = [2, 3].map { Slice.Cut(axis: $0, start: 0, end: .max, step: step) }
    return append(Slice(cuts), [x], name: uniqueName(name))
  }

  /// Channels of zeros before and after.
  mutating func padChannels(_ x: Value, before: Int, after: Int, name: String) -> Value {
    append(Pad(before: [0, before, 0, 0], after: [0, after, 0, 0]), [x], name: uniqueName(name))
  }
}
