import GraftGraph
import GraftRuntime
import GraftTensor
import GraftTestSupport
import Testing

/// Fusing and sharing memory change no gradient: random networks, rewritten and as they are.
@Suite struct FusedGradientTests {
  @Test(arguments: UInt64(0)..<40, [false, true])
  func areThoseOfTheNetworkAsItIs(seed: UInt64, usesBatch: Bool) throws {
    let graph = try randomNetwork(seed: seed).usingBatchStatistics(usesBatch)
    let fused = try gradients(graph, rewrites: true)
    let plain = try gradients(graph, rewrites: false)
    #expect(fused.keys.sorted() == plain.keys.sorted())
    for (name, gradient) in plain {
      let difference = relativeDifference(fused[name] ?? [], gradient)
      #expect(difference < 1e-5, "\(name)")
    }
  }

  @Test func ofWhatIsFrozenToo() throws {
    for seed in UInt64(100)..<120 {
      let graph = try randomNetwork(seed: seed).settingTrainable { name, _ in
        (name.hashValueOfText ^ seed) % 3 == 0
      }
      let (fused, plain) = (
        try gradients(graph, rewrites: true), try gradients(graph, rewrites: false)
      )
      for (name, gradient) in plain {
        #expect(relativeDifference(fused[name] ?? [], gradient) < 1e-5, "\(seed) \(name)")
      }
    }
  }

  /// After two steps in memory that held NaN before: what the first leaves must not matter.
  private func gradients(_ graph: Graph, rewrites: Bool) throws -> [String: [Float]] {
    let session = try Session(
      graph, batchSize: 3, mode: .training,
      options: PlanOptions(isExact: true, rewrites: rewrites))
    let images = Tensor.images([2, 4, 6, 6])
    for _ in 0..<2 {
      session.overwriteWorkingMemory(with: .nan)
      session.zeroGradients()
      let output = session.answers(images)
      let gradient = session.outputGradient
      let values = Tensor.images([output.count], seed: 21).elements
      for (index, value) in values.enumerated() { gradient.base[index] = value }
      session.backward()
    }
    return Dictionary(
      uniqueKeysWithValues: session.trainableParameters.map {
        ($0.name, Array($0.gradient.elements))
      })
  }
}

extension String {
  /// The same at every run, unlike `hashValue`.
  fileprivate var hashValueOfText: UInt64 {
    utf8.reduce(5381) { ($0 &* 33) ^ UInt64($1) }
  }
}
