import Testing

/// Modules import downward only: the table of the architecture, target by target.
@Suite struct LayeringTests {
  /// What each Swift target may import of graft's own and of C, bottom first.
  static let mayImport: [(target: String, modules: Set<String>)] = [
    ("GraftTensor", []),
    ("GraftKernels", ["COpenBLAS", "CGraftKernels"]),
    ("GraftONNX", ["CONNX", "CProtobufC"]),
    ("GraftSafetensors", ["GraftONNX"]),
    ("GraftGraph", ["GraftTensor", "GraftONNX"]),
    ("GraftOperators", ["GraftGraph", "GraftKernels", "GraftTensor", "GraftONNX"]),
    (
      "GraftNetworks",
      ["GraftOperators", "GraftGraph", "GraftKernels", "GraftONNX", "GraftTensor"]
    ),
    ("GraftRuntime", ["GraftGraph", "GraftKernels", "GraftONNX", "GraftTensor"]),
    ("GraftPlots", []),
    ("GraftData", ["CGraftImage", "CZlib", "GraftTensor"]),
    ("GraftFetch", ["CGraftCurl", "GraftData"]),
    (
      "GraftTraining",
      ["GraftData", "GraftRuntime", "GraftGraph", "GraftKernels", "GraftTensor"]
    ),
    (
      "Graft",
      [
        "CGraftModels", "GraftTraining", "GraftData", "GraftFetch", "GraftNetworks", "GraftPlots",
        "GraftRuntime", "GraftOperators",
        "GraftGraph", "GraftSafetensors", "GraftONNX", "GraftKernels", "GraftTensor",
      ]
    ),
    ("GraftCLI", ["Graft"]),
  ]

  /// Parts of Swift and of the system, for everybody.
  static let system: Set<String> = [
    "Swift", "Synchronization", "Foundation", "FoundationEssentials", "Dispatch", "Glibc", "Musl",
    "Darwin",
  ]

  /// The one package that several targets share: paths and files.
  static let shared: Set<String> = ["SystemPackage"]

  @Test func modulesImportDownwardOnly() throws {
    let table = Dictionary(uniqueKeysWithValues: Self.mayImport.map { ($0.target, $0.modules) })
    let own = table.values.reduce(into: Set(table.keys)) { $0.formUnion($1) }
    var violations: [String] = []
    for file in try SourceTree.swiftFiles(below: "Sources") {
      guard let allowed = table[file.target] else {
        violations.append("\(file.path): target \(file.target) is not in the table of this test")
        continue
      }
      for module in file.imports where own.contains(module) && !allowed.contains(module) {
        violations.append(
          "\(file.path) imports \(module); \(file.target) may import "
            + (allowed.isEmpty ? "no other module" : allowed.sorted().joined(separator: ", ")))
      }
    }
    #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
  }

  @Test func aPackageIsImportedByOneTargetOnly() throws {
    let own = Self.mayImport.reduce(into: Set<String>()) {
      $0.formUnion($1.modules.union([$1.target]))
    }
    let known = own.union(Self.system).union(Self.shared)
    var users: [String: Set<String>] = [:]
    for file in try SourceTree.swiftFiles(below: "Sources") {
      for module in file.imports where !known.contains(module) {
        users[module, default: []].insert(file.target)
      }
    }
    let violations = users.filter { $0.value.count > 1 }.map {
      "\($0.key) is imported by \($0.value.sorted().joined(separator: " and ")); one target may"
    }
    #expect(violations.isEmpty, "\(violations.sorted().joined(separator: "\n"))")
  }

  @Test(
    arguments: [
      ("import GraftTensor", "GraftTensor"),
      ("  internal import Glibc", "Glibc"),
      ("@preconcurrency public import struct Foundation.URL", "Foundation"),
      ("let text = \"import x\"", nil),
      ("// what we import is ours", nil),
    ] as [(String, String?)])
  func readsImportLines(_ line: String, _ module: String?) {
    #expect(SourceTree.module(of: Substring(line)) == module)
  }
}
