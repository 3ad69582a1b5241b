import Foundation
import Testing

@testable import PercussRoutine

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Histogram and plots of the lateness: few steps and many, on time, late, early and unseen.
@Suite struct `The figure of the lateness` {
  static func report(_ late: [Int64], tolerance: Int64 = 20_000) -> RunReport {
    var report = ReportFixture.report(
      .completed, RunReason(.completed, "The routine was played to its end."),
      `The trend of the lateness`.steps(late), end: Int64(late.count) * 1_000_000, rest: Int64(late.count) * 1_000_000,
      samples: [])
    report.toleranceMicroseconds = tolerance
    return report
  }

  static var busy: RunReport {
    var noise = Noise(state: 4)
    return report(
      (0..<5_000).map { _ in noise.next() % 100 == 0 ? Int64(noise.next() % 24_000) : 40 + Int64(noise.next() % 160) })
  }

  @Test(arguments: [[], [0], [7], [0, 120], [-5, 0, 0, 31_000], [1, 10, 100, 1_000, 10_000, 100_000]] as [[Int64]])
  func `counts every step once, in bars that the tolerance parts`(late: [Int64]) {
    let report = Self.report(late)
    let bars = report.latenessHistogram
    #expect(bars.reduce(0) { $0 + $1.count } == late.count)
    for bar in bars {
      let inside = late.filter { $0 > bar.overMicroseconds ?? .min && $0 <= bar.upToMicroseconds }
      let expected =
        bar.overMicroseconds == nil ? late.count { bar.upToMicroseconds < 0 ? $0 < 0 : $0 == 0 } : inside.count
      #expect(bar.count == expected, "\(bar)")
      #expect(bar.upToMicroseconds <= 20_000 || bar.overMicroseconds ?? 0 >= 20_000, "\(bar)")
    }
  }

  @Test(arguments: [1, 7, 20_000, 33_333, 1_000_000_000_000_000] as [Int64])
  func `has a scale that only rises, with the tolerance on it`(tolerance: Int64) {
    for division in [LatenessScale.Division.three, .ten] {
      let scale = LatenessScale([0, 3, 1_234, 98_765], tolerance: tolerance, division: division)
      #expect(scale.edges.first == 0 && scale.edges == Array(Set(scale.edges)).sorted())
      #expect(scale.edges[scale.toleranceIndex] == tolerance)
      var last = -1.0
      for late in [-5, 0, 1, 2, 3, 50, 1_234, 20_000, 98_765] as [Int64] {
        let place = scale.place(of: late)
        #expect(place >= last && place <= 1)
        last = place
      }
      #expect(scale.place(of: 0) == 0 && scale.place(of: .max) == 1 && scale.place(of: .min) == 0)
    }
  }

  @Test func `in the terminal shows the run, the tolerance, and how many were how late`() {
    let text = LatenessPicture(Self.report([0, 150, 150, 30_000]), options: .init(width: 60)).text
    let lines = text.split(separator: "\n")
    #expect(lines[0].hasPrefix("   50 ms┤"))
    #expect(lines.contains { $0.hasPrefix("   20 ms┤╌╌╌╌") })
    #expect(lines.contains { $0.hasPrefix("       0┼•──") })
    #expect(lines.contains { $0.contains("min:s 0:00        0:01         0:02         0:03") })
    #expect(lines[...9].count { $0.contains("•") } == 3, "0, 150 µs twice, 30 ms\n\(text)")
    #expect(text.contains("100 to 200 µs │"))
    #expect(text.contains("20 to 50 ms │"))
    let tolerance = lines.firstIndex { $0.contains("tolerance 20 ms") }
    let late = lines.firstIndex { $0.contains("20 to 50 ms │") }
    #expect((tolerance ?? .max) < (late ?? .min))
  }

  @Test(arguments: [1, 40, 80, 200]) func `keeps to its width, also in ASCII`(width: Int) {
    for report in [Self.busy, Self.report([0]), Self.report([-5, 31_000]), ReportFixture.long, ReportFixture.small] {
      for characters in [RunPicture.Characters.unicode, .ascii] {
        let text = LatenessPicture(report, options: .init(width: width, characters: characters)).text
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= max(40, width) }, "\(text)")
        if characters == .ascii { #expect(text.utf8.allSatisfy { $0 < 0x80 }) }
      }
    }
  }

  @Test func `shows nothing of a run of which nothing was seen`() {
    #expect(LatenessPicture(ReportFixture.nothing).text.isEmpty)
    #expect(RunPlot(ReportFixture.nothing, showsDistribution: true).svg == RunPlot(ReportFixture.nothing).svg)
  }

  @Test func `marks what is early, late and unseen`() {
    var report = Self.report([-5, 0, 31_000, 50])
    report.steps[3].lateMicroseconds = nil
    report.steps[3].observation = .unobserved
    report.lateness = LatenessSummary(of: report.steps)
    let text = LatenessPicture(report).text
    #expect(text.contains("early │") && text.replacing("\n", with: " ").contains("? not seen to begin"))
    let svg = RunPlot(report, showsDistribution: true).svg
    #expect(svg.contains("<title>early: 1 step</title>") && svg.contains("class=\"unseen\""))
  }

  @Test func `as SVG is well-formed, and small for many steps`() {
    for report in [Self.busy, Self.report([0]), Self.report([-5, 31_000]), ReportFixture.long, ReportFixture.small] {
      let svg = RunPlot(report, showsDistribution: true).svg
      #expect(XMLParser(data: Data(svg.utf8)).parse())
      #expect(svg.utf8.count < 900_000)
      #expect(svg.contains("Lateness by the device's clock"))
    }
  }

  @Test func `is part of the plot of a run in real time, and not of a computed one`() {
    var report = Self.busy
    #expect(!RunPlot(report).svg.contains("how late steps began"))
    report.isVirtualTime = false
    #expect(RunPlot(report).svg.contains("how late steps began"))
  }

  @Test func `hides no bar behind a great one`() {
    let bins = LatenessBins(Self.report([Int64](repeating: 10, count: 9_999) + [3_000]), division: .three)
    #expect(bins.isLogarithmic)
    #expect(bins.length(of: 9_999) == 1 && bins.length(of: 1) > 0.05 && bins.length(of: 0) == 0)
    #expect(!LatenessBins(Self.report([10, 10, 3_000]), division: .three).isLogarithmic)
  }
}
