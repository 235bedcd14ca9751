import Foundation
import GraftGraph
import GraftNetworks
import GraftTestSupport
import Testing

/// Weights of a safetensors file on a network: `graft convert`, and what the others say to it.
@Suite struct ConvertTests {
  /// A place with `w.safetensors`, weights of ResNet-20 for three classes, and their names.
  private func place() throws -> Workplace {
    let place = try Workplace()
    let graph = try Networks.named("resnet20", classes: 3, seed: 3)
    var file = SafetensorsBytes()
    for (name, parameter) in graph.parameters.sorted(by: { $0.key < $1.key }) {
      file.append(name, parameter.tensor)
    }
    file.appendCounter("bn1")
    try Data(file.bytes).write(to: URL(fileURLWithPath: place.path + "/w.safetensors"))
    try place.write("ants\nbees\nwasps\n", to: "labels.txt")
    return place
  }

  @Test func writesAModelThatLearns() throws {
    let place = try place()
    let converted = try place.graft(
      "convert", "resnet20", "w.safetensors", "--labels", "labels.txt", "-o", "m.onnx")
    #expect(converted.status == 0, "\(converted.err)")
    #expect(
      converted.out == """
        Wrote   m.onnx   resnet20, 3 classes, 1.1 MB
                RGB, crop 32x32, x0.0039216, mean 0.485 0.456 0.406, std 0.229 0.224 0.225

        Next    graft finetune m.onnx on my-photos

        """)
    #expect(converted.err.isEmpty)
    try place.addPhotos(count: 6)
    let trained = try place.graft(
      "finetune", "m.onnx", "on", "photos", "--depth", "head", "--epochs", "2", "-o", "run")
    #expect(trained.status == 0, "\(trained.err)")
    let again = try place.graft(
      "convert", "resnet20", "w.safetensors", "--labels", "labels.txt", "-o", "m.onnx")
    expectFailure(again, 73)
  }

  @Test func asksForTheNamesOfTheClasses() throws {
    let place = try place()
    let result = try place.graft("convert", "resnet20", "w.safetensors", "-o", "m.onnx")
    expectFailure(result, 64, "w.safetensors: nothing says what the 3 classes are called")
    #expect(result.err.contains("Give their names with --labels FILE"))
    #expect(!place.exists("m.onnx"))
  }

  @Test func refusesWeightsOfAnotherNetwork() throws {
    let place = try place()
    let result = try place.graft("convert", "resnet18", "w.safetensors", "-o", "m.onnx")
    #expect(result.status == 65)
    #expect(result.errorLines.first?.contains("parameters (") == true)
    #expect(result.err.contains("These are the weights of resnet20"))
    expectFailure(
      try place.graft("convert", "resnet20", "none.safetensors"), 66,
      "none.safetensors: no such file.")
    expectFailure(
      try place.graft("convert", "resnet21", "w.safetensors"), 64,
      "no network is called 'resnet21'")
  }

  @Test(
    arguments: [
      "finetune w.safetensors on photos", "inspect w.safetensors", "classify w.safetensors photos",
      "export w.safetensors",
    ])
  func othersSayHow(_ line: String) throws {
    let place = try place()
    try place.addPhotos(count: 3)
    let result = try place.graft(line.split(separator: " ").map(String.init))
    expectFailure(
      result, 65, "w.safetensors is a safetensors file (weights without a network), not a model.")
    #expect(result.err.contains("graft convert resnet50 FILE -o model.onnx"))
  }

  @Test func halvesAFile() throws {
    let place = try place()
    _ = try place.graft(
      "convert", "resnet20", "w.safetensors", "--labels", "labels.txt", "-o", "m.onnx")
    let result = try place.graft("export", "m.onnx", "--weights", "float16", "-o", "half.onnx")
    #expect(result.status == 0, "\(result.err)")
    let first = result.out.split(separator: "\n").first ?? ""
    #expect(first == "Wrote   half.onnx   opset 17, 3 classes, weights in float16, 0.6 MB")
    #expect(result.out.contains("first answer of the model on 4/4 of 4 drawn pictures"))
    let sizes = try ["half.onnx", "m.onnx"].map { try #require(place.bytes($0)).count }
    #expect(Double(sizes[0]) < 0.55 * Double(sizes[1]), "\(sizes)")
    let json = try place.graft(
      "export", "m.onnx", "--weights", "float16", "-o", "again.onnx", "--json")
    #expect(json.out.contains("\"weights\" : \"float16\""))
    expectFailure(
      try place.graft("export", "m.onnx", "--weights", "float8", "-o", "x.onnx"), 64)
  }
}
