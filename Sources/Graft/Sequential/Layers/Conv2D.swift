/// What a window does at the border.
public enum Padding: String, Hashable, Sendable {
  /// Zeros around, so that at stride 1 the output is as large as the input.
  case same
  /// Nothing: the window stays inside.
  case valid
}

/// 2-D convolution: input `[C, H, W]`, output `[filters, H', W']`.
public struct Conv2D: SequentialLayer {
  /// Channels of the output.
  public let filters: Int
  /// Side of the square window.
  public let kernelSize: Int
  /// Pixels from one window to the next.
  public let strides: Int
  /// At the border.
  public let padding: Padding
  /// What is done to each sum.
  public let activation: ActivationFunction
  /// How the weights begin; biases begin at 0.
  public let initialization: Initialization
  /// `conv2d`
  public var kind: String { "conv2d" }

  /// A layer of so many filters; Keras's initial weights, unless given.
  public init(
    _ filters: Int, kernelSize: Int, strides: Int = 1, padding: Padding = .valid,
    activation: ActivationFunction = .linear, initialization: Initialization = .glorot
  ) {
    self.filters = filters
    self.kernelSize = kernelSize
    self.strides = strides
    self.padding = padding
    self.activation = activation
    self.initialization = initialization
  }

  /// A Conv, and the activation.
  public func build(
    behind x: GraphBuilder.Value, named name: String, in net: inout GraphBuilder
  ) -> GraphBuilder.Value {
    let y = net.conv(
      x, outputs: filters, kernel: kernelSize, stride: strides, padsToSame: padding == .same,
      initialization: initialization, name: name)
    return net.activation(activation, y, named: "\(name).\(activation.rawValue)")
  }
}
