import Foundation
import Testing

/// The programs of `Examples/`, run on small data.
@Suite struct ExamplesTests {
  /// Least squares of the same 100 samples leaves an error of about half of the noise's variance 0.01.
  @Test func theLinearNeuronFindsTheLine() throws {
    let place = try Workplace()
    let lines = try place.run("LinearNeuron")
    #expect(
      lines.map { $0.prefix { $0 != ":" } } == ["full batch", "mini-batches of 10", "online"])
    let errors = lines.compactMap { numbers(in: String($0.split(separator: ":")[1])).first }
    // After twenty steps of 0.05 the full batch still has e⁻² of its way to go.
    #expect(errors.count == 3 && errors[0] > 0.1)
    #expect((0.004...0.006).contains(errors[1]))
    #expect((0.004...0.007).contains(errors[2]))
    let weights = numbers(in: lines[1]).suffix(3)
    for (found, drawn) in zip(weights, [0.5, 2, -1]) { #expect(abs(found - drawn) < 0.05) }
    #expect(try place.text("linear-neuron.svg").hasPrefix("<svg"))
  }

  @Test func hebbLearnsWhatOneNeuronCan() throws {
    let place = try Workplace()
    #expect(
      try place.run("HebbsRule") == [
        "AND: weights [-2, 2, 2], right 4 of 4", "OR: weights [2, 2, 2], right 4 of 4",
        "XOR: weights [0, 0, 0], right 2 of 4",
      ])
    #expect(try place.text("activations.svg").contains("Heaviside"))
  }

  @Test func thePerceptronReadsBars() throws {
    let place = try Workplace()
    try place.writeDigits(400)
    let lines = try place.run("MNISTPerceptron", "mnist", "--epochs", "3")
    #expect(lines.contains("Total params: 636,010"))
    #expect(lines.contains("Epoch 3/3"))
    let test = try #require(lines.first { $0.hasPrefix("test loss") })
    #expect(numbers(in: test)[1] > 98)
    #expect(lines.last == "the first test digit is a 0, read as 0")
    #expect(place.exists("mnist-perceptron.onnx"))
    #expect(try place.text("mnist-perceptron.svg").contains("validation"))
  }

  @Test func leNetReadsBars() throws {
    let place = try Workplace()
    try place.writeDigits(400)
    for arguments in [[], ["--elastic"]] {
      let lines = try place.run(
        "LeNet5", ["mnist", "--epochs", "15", "--rate", "0.02"] + arguments)
      #expect(lines.contains("Total params: 61,706"))
      #expect(lines.filter { $0.hasPrefix("learning rate") }.count == 3)
      let test = try #require(lines.first { $0.hasPrefix("test loss") })
      #expect(numbers(in: test)[1] > 90, "\(test)")
      #expect(place.exists("lenet5.onnx"))
    }
  }

  /// Drawn shapes in place of the ten classes; what they reach in an epoch does not matter.
  @Test func residualNetworksLearnAndAreCarriedOver() throws {
    let place = try Workplace()
    _ = try place.run("graft", "draw-photos", "pictures/train", "--count", "6")
    _ = try place.run("graft", "draw-photos", "pictures/test", "--count", "3", "--seed", "2")
    let arguments = ["pictures", "--epochs", "2", "--batch", "8"]
    let scratch = try place.run("CIFAR10", ["scratch"] + arguments)
    #expect(scratch.count == 3)
    #expect(scratch[1].hasPrefix("cifar10-scratch: epoch 2/2 loss "))
    #expect(scratch[2].hasPrefix("test accuracy 0."))
    // What is learned is kept; without it the run goes on behind the first epoch, to the same.
    let kept = try place.run("CIFAR10", ["scratch"] + arguments)
    #expect(kept == ["cifar10-scratch: is in cifar10-scratch.onnx", scratch[2]])
    try place.remove("cifar10-scratch.onnx")
    let again = try place.run("CIFAR10", ["scratch"] + arguments)
    #expect(again[0].hasPrefix("cifar10-scratch: goes on from cifar10-scratch.ckpt"))
    #expect(again.last == scratch.last)
    let transfer = try place.run(
      "CIFAR10", ["transfer"] + arguments + ["--transfer-epochs", "1", "--part", "0.5"])
    #expect(transfer.contains { $0.hasPrefix("carried over: test accuracy ") })
    #expect(transfer.last?.hasPrefix("from nothing: test accuracy ") == true)
  }

  @Test func theWorkedExampleOfConvolutionIsRight() throws {
    let place = try Workplace()
    let lines = try place.run("ConvolutionByHand")
    #expect(
      lines == ["by hand: -63.0", "8 pictures in convolution/; subsampled: 32 x 32"])
    for name in [
      "original", "blur", "sharpen", "edges", "edges-vertical", "edges-horizontal", "mean", "max",
    ] { #expect(place.exists("convolution/\(name).png")) }
  }

  @Test func dropoutAndAugmentationAreCompared() throws {
    let place = try Workplace()
    try place.writeDigits(100)
    let lines = try place.run(
      "Overfitting", "mnist", "--digits", "60", "--validation", "40", "--epochs", "3")
    #expect(
      lines.map { $0.prefix { $0 != ":" } } == ["plain", "dropout", "augmentation", "both"])
    #expect(try place.text("overfitting-loss.svg").contains("plain, training"))
    #expect(try place.text("overfitting-accuracy.svg").contains("both, validation"))
  }

  @Test func networksAreListedAndBuilt() throws {
    let place = try Workplace()
    let list = try place.run("NamedNetworks")
    #expect(list.count == 24)
    #expect(
      list[13]
        == "resnet50    25557032 parameters   54 layers with weights  224x224, 1000 classes"
    )
    let lines = try place.run(
      "NamedNetworks", "resnet20", "--side", "16", "--classes", "3", "--output", "net.onnx")
    #expect(lines[0] == "resnet20: 269267 parameters")
    let losses = numbers(in: lines[1])
    #expect(abs(losses[0] - log(3)) < 0.02)  // all classes begin as about equally probable
    #expect(losses[1] < losses[0])
    #expect(place.exists("net.onnx"))
  }
}
