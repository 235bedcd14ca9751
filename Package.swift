// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// A Swift module of graft.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests of a module. `Tests/Fixtures` is found from the source path, so it is no resource.
func tests(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

/// A program of `Examples/` on the library.
func example(_ name: String, exclude: [String] = []) -> Target {
  .executableTarget(
    name: name,
    dependencies: [
      "Graft", .product(name: "ArgumentParser", package: "swift-argument-parser"),
    ],
    path: "Examples/\(name)", exclude: ["README.md"] + exclude, swiftSettings: settings)
}

let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

let package = Package(
  name: "graft",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Graft", targets: ["Graft"]),
    .executable(name: "graft", targets: ["GraftCLI"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-system.git", from: "1.8.1"),
  ],
  targets: [
    // C: system libraries, generated code, loops, data
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
    .systemLibrary(
      name: "CPNG", pkgConfig: "libpng",
      providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .systemLibrary(
      name: "CJPEG", pkgConfig: "libjpeg",
      providers: [.apt(["libjpeg-dev"]), .brew(["jpeg-turbo"])]),
    .systemLibrary(
      name: "CProtobufC", pkgConfig: "libprotobuf-c",
      providers: [.apt(["libprotobuf-c-dev"]), .brew(["protobuf-c"])]),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(
      name: "CDeflate", pkgConfig: "libdeflate",
      providers: [.apt(["libdeflate-dev"]), .brew(["libdeflate"])]),
    .target(name: "CONNX", dependencies: ["CProtobufC"]),
    .target(name: "CGraftKernels"),
    .target(name: "CGraftImage", dependencies: ["CPNG", "CJPEG", "CDeflate"]),
    .target(name: "CGraftCurl"),
    .target(name: "CGraftModels", path: "models"),

    // Memory, arithmetic, file formats: none knows the others, but that weights are ONNX's tensors
    module("GraftTensor", []),
    module("GraftKernels", ["COpenBLAS", "CGraftKernels"]),
    module("GraftONNX", ["CONNX", system]),
    module("GraftSafetensors", ["GraftONNX", system]),

    // The network: what it is, what its operators do, how it runs
    module("GraftGraph", ["GraftTensor", "GraftONNX"]),
    module("GraftOperators", ["GraftGraph", "GraftKernels", "GraftTensor", "GraftONNX"]),
    module(
      "GraftNetworks",
      ["GraftOperators", "GraftGraph", "GraftKernels", "GraftONNX", "GraftTensor"]),
    module("GraftRuntime", ["GraftGraph", "GraftKernels", "GraftONNX", "GraftTensor"]),

    // Pictures of numbers: knows nothing else
    module("GraftPlots", []),

    // Photos and learning
    module(
      "GraftData",
      [
        "CGraftImage", "CZlib", "GraftTensor", system,
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    // Files from elsewhere
    module("GraftFetch", ["CGraftCurl", "GraftData", system]),

    module(
      "GraftTraining",
      ["GraftData", "GraftRuntime", "GraftGraph", "GraftKernels", "GraftTensor", system]),

    // What people use
    module(
      "Graft",
      [
        "CGraftModels", "GraftTraining", "GraftData", "GraftFetch", "GraftNetworks", "GraftPlots",
        "GraftRuntime", "GraftOperators", "GraftGraph", "GraftSafetensors", "GraftONNX",
        "GraftKernels", "GraftTensor", system,
      ]),
    .executableTarget(
      name: "GraftCLI",
      dependencies: [
        "Graft", system, .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    example("DefaultNetwork"),
    example("LinearNeuron", exclude: ["linear-neuron.svg"]),
    example("HebbsRule", exclude: ["activations.svg"]),
    example("MNISTPerceptron", exclude: ["mnist_perceptron.py", "mnist-perceptron.svg"]),
    example("LeNet5"),
    example("CIFAR10", exclude: ["cifar10.py"]),
    example("ConvolutionByHand", exclude: ["pictures"]),
    example("Overfitting", exclude: ["overfitting-loss.svg", "overfitting-accuracy.svg"]),
    example("NamedNetworks", exclude: ["check_with_torchvision.py"]),

    // Tests
    .target(
      name: "GraftTestSupport",
      dependencies: [
        "GraftTensor", "GraftKernels", "GraftGraph", "GraftONNX", "GraftOperators", "GraftRuntime",
        system,
      ],
      path: "Tests/GraftTestSupport", swiftSettings: settings),
    tests("GraftTensorTests", ["GraftTensor"]),
    tests("GraftKernelsTests", ["GraftKernels", "CGraftKernels"]),
    tests("GraftFetchTests", ["GraftFetch", "GraftData", "GraftTestSupport", system]),
    tests("GraftONNXTests", ["GraftONNX", "CONNX", "CProtobufC", system]),
    tests("GraftSafetensorsTests", ["GraftSafetensors", "GraftONNX", system]),
    tests(
      "GraftGraphTests",
      [
        "GraftGraph", "GraftOperators", "GraftRuntime", "GraftTestSupport", "GraftONNX",
        "GraftTensor",
      ]),
    tests(
      "GraftOperatorsTests",
      [
        "GraftOperators", "GraftTestSupport", "GraftGraph", "GraftONNX", "GraftKernels",
        "GraftTensor",
      ]),
    tests(
      "GraftRuntimeTests",
      [
        "GraftRuntime", "GraftOperators", "GraftTestSupport", "GraftGraph", "GraftONNX",
        "GraftTensor", system,
      ]),
    tests(
      "GraftNetworksTests",
      [
        "GraftNetworks", "GraftRuntime", "GraftTraining", "GraftOperators", "GraftGraph",
        "GraftONNX", "GraftTensor",
      ]),
    tests("GraftPlotsTests", ["GraftPlots"]),
    tests("GraftDataTests", ["GraftData", "CGraftImage", system]),
    tests(
      "GraftTrainingTests",
      [
        "GraftTraining", "GraftData", "GraftOperators", "GraftTestSupport", "GraftGraph",
        "GraftTensor", "GraftONNX", system,
      ]),
    tests("GraftTests", ["Graft", "GraftOperators", "GraftTestSupport", "GraftONNX", system]),
    tests(
      "GraftCLITests",
      [
        "GraftCLI", "GraftNetworks", "GraftGraph", "GraftTestSupport", "GraftONNX", "GraftTensor",
        system,
      ],
      exclude: ["Snapshots"]),
    tests(
      "ExamplesTests",
      [
        "LinearNeuron", "HebbsRule", "MNISTPerceptron", "LeNet5", "CIFAR10", "ConvolutionByHand",
        "Overfitting", "NamedNetworks", "GraftCLI",
      ]),
    tests("ArchitectureTests", []),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c11
)
