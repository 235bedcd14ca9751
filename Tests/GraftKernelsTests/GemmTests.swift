import GraftKernels
import Testing

extension KernelTests {
  @Suite struct Products {
    struct Case: CustomTestStringConvertible, Sendable {
      var m: Int
      var n: Int
      var k: Int
      var transposeA = false
      var transposeB = false
      var alpha: Float = 1
      var beta: Float = 0

      var testDescription: String {
        "\(m)×\(n)×\(k)\(transposeA ? " Aᵀ" : "")\(transposeB ? " Bᵀ" : "") \(alpha) \(beta)"
      }

      var a: [Float] { numbers(m * k, seed: 1) }
      var b: [Float] { numbers(k * n, seed: 2) }
      var c: [Float] {
        beta == 0 ? [Float](repeating: .nan, count: m * n) : numbers(m * n, seed: 3)
      }

      var result: [Float] {
        var c = c
        Kernels.gemm(
          a, b, &c, m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB,
          alpha: alpha, beta: beta)
        return c
      }

      var exact: [Exact] {
        let (a, b, c) = (a, b, c)
        var exact = [Exact](repeating: Exact(), count: m * n)
        for i in 0..<m {
          for j in 0..<n {
            if beta != 0 { exact[i * n + j].add(Double(beta) * Double(c[i * n + j])) }
            for p in 0..<k {
              let x = a[transposeA ? p * m + i : i * k + p]
              let y = b[transposeB ? j * k + p : p * n + j]
              exact[i * n + j].add(Double(alpha) * Double(x) * Double(y))
            }
          }
        }
        return exact
      }
    }

    static let cases: [Case] = {
      var cases: [Case] = []
      let sizes = [
        (1, 1, 1), (1, 33, 70), (2, 7, 31), (3, 40, 129), (4, 5, 64), (5, 9, 17), (6, 1, 40),
        (7, 32, 129), (8, 43, 70), (9, 6, 33),
      ]
      for (m, n, k) in sizes {
        for transposeA in [false, true] {
          for transposeB in [false, true] {
            cases.append(Case(m: m, n: n, k: k, transposeA: transposeA, transposeB: transposeB))
          }
        }
        cases.append(Case(m: m, n: n, k: k, transposeB: true, alpha: 0.5, beta: 1))
        cases.append(Case(m: m, n: n, k: k, alpha: -2, beta: 0.25))
      }
      // Large enough for several blocks.
      cases.append(Case(m: 130, n: 50, k: 64))
      cases.append(Case(m: 40, n: 210, k: 50, transposeA: true, transposeB: true, beta: 1))
      return cases
    }()

    @Test(arguments: KernelTests.paths, cases)
    func equalTheNaiveSum(path: Path, example: Case) {
      KernelTests.with(path) {
        #expect(worstError(example.result, example.exact) < 1e-6)
      }
    }

    @Test(arguments: cases) func doNotDependOnTheThreads(example: Case) {
      let results = KernelTests.withThreads { example.result }
      #expect(results[0] == results[1])
      #expect(results[0] == results[2])
    }

    /// Weights in a mapped file begin at any byte.
    @Test func takeWeightsAtAnyAddress() {
      let example = Case(m: 2, n: 9, k: 50, transposeB: true)
      let bytes = UnsafeMutableRawPointer.allocate(byteCount: 9 * 50 * 4 + 3, alignment: 16)
      defer { bytes.deallocate() }
      example.b.withUnsafeBytes {
        (bytes + 3).copyMemory(from: $0.baseAddress!, byteCount: $0.count)
      }
      var c = example.c
      Kernels.gemm(
        example.a, UnsafePointer(OpaquePointer(bytes + 3)), &c, m: 2, n: 9, k: 50,
        transposeB: true)
      #expect(c == example.result)
    }

    @Test func leaveWhatLiesBetweenRows() {
      // Rows of 3 in a matrix of 5 columns.
      var c = [Float](repeating: 7, count: 10)
      Kernels.gemm([1, 2], [1, 10, 100], &c, m: 2, n: 3, k: 1, leadingC: 5)
      #expect(c == [1, 10, 100, 7, 7, 2, 20, 200, 7, 7])
    }

    @Test func doNothingWithoutRows() {
      var c: [Float] = [7]
      Kernels.gemm([1], [1], &c, m: 0, n: 1, k: 1)
      #expect(c == [7])
    }
  }
}
