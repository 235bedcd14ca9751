import Graft
import GraftONNX
import GraftOperators
import GraftTestSupport
import Testing

/// What the first nodes of an exported file compute, against the formula itself.
@Suite struct ExportedPreprocessingTests {
  private func exported(
    _ preprocessing: Preprocessing, _ options: ExportOptions = .init(output: .logits)
  ) throws -> (model: Model, stored: Graph) {
    let folder = try TemporaryFolder()
    var model = try Model(
      contentsOf: folder.tinyModel(), options: ModelOptions(preprocessing: preprocessing))
    model.labels = ["a", "b", "c"]
    let target = folder.path.appending("out.onnx")
    try model.write(to: target, options: options)
    let read = try Model(contentsOf: target)
    #expect(read.preprocessing == model.preprocessing)
    let stored = try Graph(importing: ONNXReader.read(target), registry: .standard)
    return (model, stored)
  }

  private let pixels: Tensor = {
    let noise = Tensor.images([2, 3, 16, 16], seed: 3)
    return Tensor(noise.shape, noise.elements.map { (($0 + 1) * 127.5).rounded() })
  }()

  private var caffe: Preprocessing {
    var caffe = Preprocessing.caffe
    caffe.channels = .bgr
    caffe.scale = 1
    caffe.mean = [103.939, 116.779, 123.68]
    caffe.std = [1, 1, 1]
    return caffe
  }

  private func check(_ preprocessing: Preprocessing) throws {
    let (model, stored) = try exported(preprocessing)
    let order = preprocessing.channels == .bgr ? [2, 1, 0] : [0, 1, 2]
    let area = 16 * 16
    let source = pixels.elements
    let direct = (0..<source.count).map { index -> Float in
      let (image, channel, pixel) = (index / (3 * area), index / area % 3, index % area)
      let value = Double(source[image * 3 * area + order[channel] * area + pixel])
      let centred = value * preprocessing.scale - preprocessing.mean[channel]
      return Float(centred / preprocessing.std[channel])
    }
    let expected = try NaiveExecutor.output(of: model.graph, Tensor(pixels.shape, direct))
    let found = try NaiveExecutor.output(of: stored, pixels)
    #expect(relativeDifference(found.elements, expected.elements) < 2e-5)
  }

  @Test func normalisesAsTorchvision() throws { try check(.imageNet) }

  @Test func swapsChannelsAndSubtractsAsCaffe() throws { try check(caffe) }

  @Test func leavesPixelsAloneWhereTheCallerNormalises() throws {
    let (model, stored) = try exported(caffe, ExportOptions(input: .normalised, output: .logits))
    #expect(stored.nodes.map(\.opType) == model.graph.nodes.map(\.opType))
  }

  @Test func addsNodesThatReadingTakesOutAgain() throws {
    let (model, stored) = try exported(caffe, ExportOptions())
    #expect(
      stored.nodes.map(\.opType)
        == ["Gather", "Sub", "Div"] + model.graph.nodes.map(\.opType) + ["Softmax"])
    #expect(stored.inputs.map(\.name) == ["image"])
    #expect(stored.outputs == ["probabilities"])
  }
}
