import ArgumentParser
import Foundation
import Graft

/// The kernels of image processing, applied to a picture by the operators that networks are made of.
@main
struct ConvolutionByHand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ConvolutionByHand",
    abstract: "Blur, sharpen, find edges and subsample a PNG with Conv, AveragePool and MaxPool.")

  @Argument(help: "A PNG or JPEG to change; a drawing unless given.")
  var picture: String?

  @Option(help: "The folder for the pictures.")
  var output = "convolution"

  func run() throws {
    print("by hand: \(try Kernel.laplace.applied(to: Kernel.patch)[4])")

    try FileManager.default.createDirectory(
      atPath: output, withIntermediateDirectories: true)
    let image = try picture.map { try ImageReader.read(FilePath($0)).image } ?? Self.drawing
    try PNGWriter.write(image, to: FilePath("\(output)/original.png"))
    for kernel in Kernel.all {
      let changed = try image.computed { net in
        let weights = net.parameter(
          "kernel", Tensor([3, 1, 3, 3], (0..<3).flatMap { _ in kernel.weights }))
        return net.node(
          "Conv", [net.input, weights],
          attributes: ["group": .int(3), "pads": .ints([1, 1, 1, 1])]
        )
      }
      try PNGWriter.write(changed, to: FilePath("\(output)/\(kernel.name).png"))
    }
    let mean = try image.computed { $0.averagePool($0.input, kernel: 4, stride: 4) }
    let largest = try image.computed { $0.maxPool($0.input, kernel: 4, stride: 4) }
    try PNGWriter.write(mean, to: FilePath("\(output)/mean.png"))
    try PNGWriter.write(largest, to: FilePath("\(output)/max.png"))
    print(
      "\(Kernel.all.count + 3) pictures in \(output)/; subsampled: \(mean.width) x \(mean.height)")
  }

  /// A ring with a cross in it.
  private static var drawing: Image {
    var generator = SeededGenerator(3)
    return Image(
      drawing: { u, v in
        let square = u * u + v * v
        let isCross = min(abs(u), abs(v)) < 0.12 && max(abs(u), abs(v)) < 0.5
        return (0.5..<0.9).contains(square) || isCross
      }, side: 128, using: &generator)
  }
}

/// Nine numbers that slide over a picture.
struct Kernel {
  var name: String
  var weights: [Float]

  static let blur = Kernel(name: "blur", weights: [Float](repeating: 1 / 9, count: 9))
  static let sharpen = Kernel(name: "sharpen", weights: [0, -1, 0, -1, 5, -1, 0, -1, 0])
  static let laplace = Kernel(name: "edges", weights: [0, 1, 0, 1, -4, 1, 0, 1, 0])
  static let vertical = Kernel(name: "edges-vertical", weights: [-1, 0, 1, -2, 0, 2, -1, 0, 1])
  static let horizontal = Kernel(name: "edges-horizontal", weights: [-1, -2, -1, 0, 0, 0, 1, 2, 1])
  static let all = [blur, sharpen, laplace, vertical, horizontal]

  /// `40 + 45 + 42 + 50 − 4 · 60 = −63` in the middle, where the edge kernel lies on all of it.
  static let patch: [Float] = [38, 40, 44, 45, 60, 42, 47, 50, 41]

  /// What the Conv operator makes of a grey 3×3 picture, zeros around it.
  func applied(to pixels: [Float]) throws -> [Float] {
    var net = GraphBuilder(name: name, input: [1, 3, 3])
    let kernel = net.parameter("kernel", Tensor([1, 1, 3, 3], weights))
    let graph = try net.graph(
      output: net.node("Conv", [net.input, kernel], attributes: ["pads": .ints([1, 1, 1, 1])]))
    return try graph.answer(to: Tensor([1, 1, 3, 3], pixels)).elements
  }
}

extension Image {
  /// The picture that a network makes of this one, numbers cut to 0…255.
  func computed(
    _ build: (inout GraphBuilder) -> GraphBuilder.Value
  ) throws -> Image {
    var net = GraphBuilder(name: "picture", input: [3, height, width])
    let output = build(&net)
    let answer = try net.graph(output: output).answer(
      to: Tensor([1, 3, height, width], pixels.map(Float.init)))
    return Image(
      width: answer.shape[3], height: answer.shape[2],
      pixels: answer.elements.map { UInt8(min(max($0.rounded(), 0), 255)) })
  }
}

extension Graph {
  /// The first output for one input. Both lie channels last, as the pixels of a picture.
  func answer(to input: Tensor) throws -> Tensor {
    let session = try Session(self, batchSize: 1, mode: .inference)
    return input.withUnsafeElements { pixels in
      let output = session.forward(
        TensorView(input.shape, pixels.baseAddress!, layout: .channelsLast))
      return Tensor(output.shape, output.elements)
    }
  }
}
