public import GraftGraph
import GraftTensor

extension Networks {
  /// AlexNet in one column, 61,100,840 parameters for 1000 classes.
  ///
  /// Source: Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014, as
  /// `torchvision.models.alexnet` has it: without the local response normalisation of 2012.
  public static func alexNet(
    classes: Int = 1000, side: Int = 224, seed: UInt64 = 1, weights: Initialization = .he
  ) throws(GraphError) -> Graph {
    var net = GraphBuilder(
      name: "alexnet", input: [3, side, side], seed: seed, initialization: weights)
    var x = net.relu(
      net.conv(net.input, outputs: 64, kernel: 11, stride: 4, pad: 2, name: "features.0"))
    x = net.maxPool(x, kernel: 3, stride: 2)
    x = net.relu(net.conv(x, outputs: 192, kernel: 5, pad: 2, name: "features.3"))
    x = net.maxPool(x, kernel: 3, stride: 2)
    x = net.relu(net.conv(x, outputs: 384, kernel: 3, pad: 1, name: "features.6"))
    x = net.relu(net.conv(x, outputs: 256, kernel: 3, pad: 1, name: "features.8"))
    x = net.relu(net.conv(x, outputs: 256, kernel: 3, pad: 1, name: "features.10"))
    x = net.dropout(net.flatten(net.maxPool(x, kernel: 3, stride: 2)))
    x = net.dropout(net.relu(net.gemm(x, outputs: 4096, name: "classifier.1")))
    x = net.relu(net.gemm(x, outputs: 4096, name: "classifier.4"))
    return try net.graph(
      output: net.gemm(x, outputs: classes, initialization: .normal(0.01), name: "classifier.6"))
  }
}
