import GraftGraph
import GraftNetworks
import GraftTensor
import Testing

/// Sizes of the papers, and of torchvision where it has the network.
@Suite struct ParameterCountTests {
  private static let counts: [(name: String, count: Int)] = [
    ("lenet5", 61_706), ("alexnet", 61_100_840), ("vgg11", 132_863_336),
    ("vgg11-bn", 132_868_840), ("vgg13", 133_047_848), ("vgg13-bn", 133_053_736),
    ("vgg16", 138_357_544), ("vgg16-bn", 138_365_992), ("vgg19", 143_667_240),
    ("vgg19-bn", 143_678_248), ("googlenet", 6_624_904), ("resnet18", 11_689_512),
    ("resnet34", 21_797_672), ("resnet50", 25_557_032), ("resnet101", 44_549_160),
    ("resnet152", 60_192_808), ("resnext50-32x4d", 25_028_904), ("wide-resnet50-2", 68_883_240),
    ("resnet20", 269_722), ("squeezenet1-1", 1_235_496), ("squeezenet1-0", 1_248_424),
    ("mobilenet-v2", 3_504_872), ("densenet121", 7_978_856), ("densenet169", 14_149_480),
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
          known: lenet5, alexnet, vgg11, vgg11-bn, vgg13, vgg13-bn, vgg16, vgg16-bn, vgg19, vgg19-bn, \
        googlenet, resnet18, resnet34, resnet50, resnet101, resnet152, resnext50-32x4d, \
        wide-resnet50-2, resnet20, squeezenet1-1, squeezenet1-0, mobilenet-v2, densenet121, densenet169
        """)
  }

  @Test(
    arguments: [
      ("vgg16_bn", "vgg16-bn"), ("ResNet50", "resnet50"), ("squeezenet1.1", "squeezenet1-1"),
      ("wide_resnet50_2", "wide-resnet50-2"),
    ])
  func torchvisionsSpellingIsUnderstood(_ written: String, _ name: String) throws {
    #expect(try Networks.entry(named: written).name == name)
  }

  @Test func aPictureTooSmallIsSaidToBe() {
    let error = #expect(throws: GraphError.self) { try Networks.vgg16(side: 16, weights: .zero) }
    #expect(
      error?.message
        == "layer 'pool_5' (MaxPool): the window spans 2 pixels of height; the input has 1 and 0 + 0 of padding"
    )
  }
}
