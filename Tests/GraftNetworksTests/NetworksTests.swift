import GraftGraph
import GraftNetworks
import GraftONNX
import GraftOperators
import GraftRuntime
import GraftTensor
import GraftTraining
import Testing

@Suite struct NetworksTests {
  /// Each family on pictures as small as it can take.
  private static let small: [(name: String, side: Int)] = [
    ("lenet5", 28), ("alexnet", 63), ("googlenet", 32), ("resnet18", 32), ("resnet50", 32),
    ("resnet20", 16), ("vgg16", 32), ("vgg11-bn", 32), ("resnext50-32x4d", 32),
    ("squeezenet1-1", 32), ("squeezenet1-0", 48), ("mobilenet-v2", 32), ("densenet121", 32),
  ]

  private func images(_ graph: Graph, count: Int) -> Tensor {
    let shape = graph.inputs[0].shape(batchSize: count)
    var generator = SeededGenerator(7)
    return Tensor(shape, (0..<shape.elementCount).map { _ in generator.normal() })
  }

  private func answers(_ graph: Graph, _ images: Tensor) throws -> [Float] {
    let session = try Session(graph, batchSize: images.shape[0], mode: .inference)
    defer { withExtendedLifetime(images) {} }
    return Array(session.forward(images.unsafeView).elements)
  }

  @Test(arguments: small) func theFileGivesTheSameAnswers(_ name: String, _ side: Int) throws {
    let graph = try Networks.named(name, classes: 5, side: side)
    let read = try Graph(importing: try graph.exported(), registry: .standard)
    #expect(read.nodes.map(\.name) == graph.nodes.map(\.name))
    #expect(read.parameters.keys.sorted() == graph.parameters.keys.sorted())
    for (name, parameter) in graph.parameters {
      #expect(read.parameters[name]?.role == parameter.role)
      #expect(read.parameters[name]?.isTrainable == parameter.isTrainable)
    }
    let images = images(graph, count: 2)
    let expected = try answers(graph, images)
    #expect(expected.contains { $0 != 0 })
    #expect(try answers(read, images) == expected)
  }

  @Test(arguments: small) func aStepLowersTheLoss(_ name: String, _ side: Int) throws {
    let graph = try Networks.named(name, classes: 3, side: side)
    let session = try Session(graph, batchSize: 4, mode: .training)
    let images = images(graph, count: 4)
    let targets = Tensor([4, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0])
    // Along the gradient, a step short enough for the loss to be nearly linear.
    func loss(gradient: Bool) -> Double {
      let output = session.forward(images.unsafeView, seed: 5)
      return targets.withUnsafeElements { _ in
        SoftmaxCrossEntropy().evaluate(
          output, targets: targets.unsafeView, total: 4,
          gradient: gradient ? session.outputGradient : nil)
      }
    }
    let before = loss(gradient: true)
    session.zeroGradients()
    session.backward()
    let parameters = session.trainableParameters
    let square = parameters.reduce(0.0) { sum, parameter in
      sum
        + (0..<parameter.gradient.count).reduce(0.0) {
          $0 + Double(parameter.gradient.base[$1]) * Double(parameter.gradient.base[$1])
        }
    }
    #expect(square > 0)
    let rate = Float(0.01 * before / square)
    for parameter in parameters {
      for i in 0..<parameter.value.count {
        parameter.value.base[i] -= rate * parameter.gradient.base[i]
      }
    }
    session.parametersChanged()
    let after = loss(gradient: false)
    // One hundredth of the loss was asked for; half of that leaves room for curvature.
    #expect(after < before * 0.995, "\(before) to \(after)")
    withExtendedLifetime(images) {}
  }

  @Test func aSeedDecidesTheWeights() throws {
    func weights(_ seed: UInt64) throws -> Tensor? {
      try Networks.resNet20(seed: seed).parameters["layer2.0.conv1.weight"]?.tensor
    }
    #expect(try weights(1) == weights(1))
    #expect(try weights(1) != weights(2))
  }
}
