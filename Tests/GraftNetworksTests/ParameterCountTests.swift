import GraftGraph
import GraftNetworks
import GraftTensor
import Testing

/// Sizes of the papers, and of torchvision where it has the network.
@Suite struct ParameterCountTests {
  private static let counts: [(name: String, count: Int)] = [
    ("lenet5", 61_706), ("alexnet", 61_100_840), ("vgg16", 138_357_544),
    ("vgg16-bn", 138_365_992), ("vgg19", 143_667_240), ("vgg19-bn", 143_678_248),
    ("googlenet", 6_624_904), ("resnet18", 11_689_512), ("resnet34", 21_797_672),
    ("resnet50", 25_557_032), ("resnet101", 44_549_160), ("resnet152", 60_192_808),
    ("resnet20", 269_722),
  ]

  @Test func everyNetworkIsCounted() {
    #expect(Networks.all.map(\.name) == Self.counts.map(\.name))
  }

  @Test(arguments: counts) func hasTheSizeOfItsPaper(_ name: String, _ count: Int) throws {
    let graph = try Networks.named(name, weights: .zero)
    #expect(graph.parameterCount == count)
    let classes = name == "lenet5" || name == "resnet20" ? 10 : 1000
    #expect(try graph.shapes(batchSize: 3)[graph.outputs[0]] == [3, classes])
    #expect(graph.parameters.values.allSatisfy { $0.isTrainable == ($0.role != .buffer) })
  }

  @Test(
    arguments: [(32, 464_154), (44, 658_586), (56, 853_018), (110, 1_727_962)] as [(Int, Int)])
  func smallResNetsHaveTheSizeOfThePaper(_ layers: Int, _ count: Int) throws {
    let graph = try Networks.smallResNet(blocksPerStage: (layers - 2) / 6, weights: .zero)
    #expect(graph.parameterCount == count)
    #expect(graph.nodes.count { $0.opType == "Conv" || $0.opType == "Gemm" } == layers)
  }

  @Test func anUnknownNameListsWhatThereIs() {
    let error = #expect(throws: GraphError.self) { try Networks.named("resnet51") }
    #expect(
      error?.description == """
        no network is called 'resnet51'
          known: lenet5, alexnet, vgg16, vgg16-bn, vgg19, vgg19-bn, googlenet, resnet18, resnet34, \
        resnet50, resnet101, resnet152, resnet20
        """)
  }

  @Test func aPictureTooSmallIsSaidToBe() {
    let error = #expect(throws: GraphError.self) { try Networks.vgg16(side: 16, weights: .zero) }
    #expect(
      error?.message
        == "layer 'pool_5' (MaxPool): the window spans 2 pixels of height; the input has 1 and 0 + 0 of padding"
    )
  }
}
