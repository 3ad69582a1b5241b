internal import Glibc

/// Tests whether one sample is greater than another, without any assumption about how either is distributed.
enum RankTest {
  /// How likely it is that values of the second sample are as much greater than those of the first by chance alone: Mann and Whitney's U, one-sided, by its
  /// normal approximation with the corrections for ties and continuity. Good from about 20 values each.
  static func probabilityThatGreater(_ first: [Int64], _ second: [Int64]) -> Double {
    let (n, m) = (Double(first.count), Double(second.count))
    guard n > 0, m > 0 else { return 1 }
    let ordered = (first.map { ($0, false) } + second.map { ($0, true) }).sorted { $0.0 < $1.0 }
    var (rankSum, ties) = (0.0, 0.0)
    var start = 0
    while start < ordered.count {
      var end = start
      var ofSecond = 0.0
      while end < ordered.count, ordered[end].0 == ordered[start].0 {
        if ordered[end].1 { ofSecond += 1 }
        end += 1
      }
      let length = Double(end - start)
      rankSum += ofSecond * (Double(start + 1) + Double(end)) / 2
      ties += length * length * length - length
      start = end
    }
    let all = n + m
    let statistic = rankSum - m * (m + 1) / 2
    let variance = n * m / 12 * (all + 1 - ties / (all * (all - 1)))
    guard variance > 0 else { return 1 }
    return upperTail((statistic - n * m / 2 - 0.5) / variance.squareRoot())
  }

  /// How likely it is that so many values of the second sample lie beyond a bound by chance alone, given how many of both do: the hypergeometric
  /// distribution, by its normal approximation with the correction for continuity.
  static func probabilityThatMoreBeyond(_ bound: Int64, _ first: [Int64], _ second: [Int64]) -> Double {
    let (n, m) = (Double(first.count), Double(second.count))
    let ofSecond = Double(second.count { $0 > bound })
    let beyond = Double(first.count { $0 > bound }) + ofSecond
    let all = n + m
    let variance = beyond * (all - beyond) * n * m / (all * all * (all - 1))
    guard variance > 0 else { return 1 }
    return upperTail((ofSecond - beyond * m / all - 0.5) / variance.squareRoot())
  }

  private static func upperTail(_ deviation: Double) -> Double { erfc(deviation / 2.0.squareRoot()) / 2 }

  /// What so many hundredths of the values do not exceed, by nearest rank; nil of none.
  static func percentile(_ hundredths: Int, of values: [Int64]) -> Int64? {
    let ordered = values.sorted()
    return ordered.isEmpty ? nil : ordered[max(0, (ordered.count * hundredths + 99) / 100 - 1)]
  }
}
