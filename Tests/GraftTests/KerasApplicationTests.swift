import Graft
import GraftONNX
import GraftTestSupport
import Testing

/// Networks of `keras.applications`, known by the names that tf2onnx gives their nodes.
@Suite struct KerasApplicationTests {
  private func model(
    _ scope: String, producer: String = "tf2onnx", file: String = "net",
    options: ModelOptions = .init()
  ) throws -> Model {
    var network = ONNXModel.tinyClassifier(size: 16)
    network.producerName = producer
    for index in network.graph.nodes.indices {
      network.graph.nodes[index].name =
        index == 0 ? "Conv__17" : "\(scope)/\(network.graph.nodes[index].name)/op"
    }
    return try Model(network, name: file, options: options)
  }

  @Test(arguments: [
    ("resnet50_1", "resnet50", Preprocessing.caffe), ("vgg16_1", "vgg16", .caffe),
    (
      "mobilenetv2_1.00_224_1", "mobilenetv2",
      Preprocessing(scale: 1 / 127.5, mean: [1, 1, 1])
    ),
    ("inception_v3_1", "inception_v3", Preprocessing(scale: 1 / 127.5, mean: [1, 1, 1])),
    ("resnet50v2", "resnet50v2", Preprocessing(scale: 1 / 127.5, mean: [1, 1, 1])),
    ("densenet121_1", "densenet121", .imageNet),
    ("efficientnetb0_1", "efficientnetb0", Preprocessing()),
    ("MobileNetV3Small_1", "mobilenetv3small", Preprocessing()),
  ]) func preparesPhotosAsKerasDoes(
    _ scope: String, _ name: String, _ expected: Preprocessing
  ) throws {
    let model = try model(scope)
    #expect(model.preprocessingOrigin == .keras(name: name))
    var preprocessing = expected
    (preprocessing.resize, preprocessing.crop) = (16, 16)
    #expect(model.preprocessing == preprocessing)
  }

  @Test func assumesTheUsualForOtherNetworks() throws {
    #expect(try model("sequential_1").preprocessingOrigin == .convention)
    #expect(try model("resnet50x_1").preprocessingOrigin == .convention)
    #expect(try model("resnet50_1", producer: "pytorch").preprocessingOrigin == .convention)
    // One layer of another network may be called so.
    var network = ONNXModel.tinyClassifier(size: 16)
    network.producerName = "tf2onnx"
    for index in network.graph.nodes.indices {
      network.graph.nodes[index].name = index == 1 ? "vgg16/a" : "model/\(index)"
    }
    #expect(try Model(network, name: "net").preprocessingOrigin == .convention)
  }

  @Test func takesTheUsersWord() throws {
    let given = Preprocessing(resize: 16, crop: 16, scale: 1 / 255)
    let model = try model("vgg16_1", options: ModelOptions(preprocessing: given))
    #expect(model.preprocessingOrigin == .given)
    #expect(model.preprocessing == given)
  }
}
