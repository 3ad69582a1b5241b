import Foundation
import PercussRoutine
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct `The picture of a run in the terminal` {
  @Test func `shows the area of the speed, the plan where it is above, force, steps and time`() {
    let picture = RunPicture(ReportFixture.small, options: .init(width: 60)).text
    #expect(
      picture == """
        Post-run calves: stopped, 2.5 s
        uploaded mode · virtual device Percuss Elite · virtual time
        · simulated, not measured on hardware
        2 of 3 steps begun, late by p50 0 µs, p99 120 µs, max 120 µs
        (device clock, tolerance 20 ms)
        The run was interrupted in step 1.

        2400 ppm┤                               ╌╌╌╌╌╌╌
                │╌╌╌╌╌╌╌╌╌╌╌╌▃▃▃▃▄▄▄▅▅▅▅▆▆▆▇▇▇▇█
                │         ▂▄▇████████████████████
                │      ▁▄▇███████████████████████▇
            1200┤    ▂▅███████████████████████████▆
                │   ▄██████████████████████████████▆
                │ ▁▆████████████████████████████████▅
                │ ███████████████████████████████████
               0┼───────────────────────────────────────────────────
           steps ╵Calf                    ╵ramp        ╵rest
            60 N┤          ▁▂▃▃▃▃▃▄▄▄▄▄▄▄▄▄▄▅▅▅▅▂
                │    ▂▃▄▆▇███████████████████████▇▃
                │ ▃▅████████████████████████████████▅
               0┼───────────────────────────────────────────────────
           min:s 0:00        0:01         0:02         0:03
        █ measured by the device   ╌ planned, where it is above

        """)
  }

  @Test func `does with ASCII alone`() {
    let picture = RunPicture(ReportFixture.small, options: .init(width: 48, characters: .ascii)).text
    #expect(
      picture == """
        Post-run calves: stopped, 2.5 s
        uploaded mode, virtual device Percuss Elite,
        virtual time, simulated, not measured on
        hardware
        2 of 3 steps begun, late by p50 0 us, p99 120
        us, max 120 us (device clock, tolerance 20 ms)
        The run was interrupted in step 1.

        2400 ppm|                        -----
                |---------....:::::::####
                |       .:###############.
                |     .###################
            1200|   :######################
                |  .#######################:
                | .#########################
                | ###########################
               0+---------------------------------------
           steps 'Calf              'ramp     'rest
            60 N|         ........:::::::
                |   ..::##################.
                | :#########################.
               0+---------------------------------------
           min:s 0:00     0:01      0:02      0:03
        # measured by the device   - planned, where it
        is above

        """)
    #expect(picture.utf8.allSatisfy { $0 < 0x80 })
  }

  @Test(arguments: [1, 40, 61, 80, 200, 100_000]) func `keeps to its width`(width: Int) {
    for characters in [RunPicture.Characters.unicode, .ascii] {
      let options = RunPicture.Options(width: width, characters: characters)
      for report in [ReportFixture.small, ReportFixture.calves(late: [12: 31_000]), ReportFixture.nothing] {
        let lines = RunPicture(report, options: options).text.split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= max(40, min(width, 1_000)) })
      }
    }
  }

  @Test func `colours nothing unless asked, and only adds escapes when asked`() {
    let plain = RunPicture(ReportFixture.calves(), options: .init()).text
    let coloured = RunPicture(ReportFixture.calves(), options: .init(colour: true)).text
    #expect(!plain.contains("\u{1B}"))
    #expect(coloured.contains("\u{1B}["))
    #expect(
      coloured.replacing(/\u{1B}\[[0-9]*m/, with: "").split(separator: "\n").count == plain.split(separator: "\n").count
    )
  }

  @Test func `lets no control character of a name reach the terminal`() {
    var report = ReportFixture.small
    report.routine.name = "\u{1B}[31mred\u{07}\u{9B}2J"
    report.steps[0].name = "\u{1B}]0;title\u{07}"
    let picture = RunPicture(report).text
    #expect(picture.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
  }

  @Test func `says that the device is virtual`() {
    #expect(RunPicture(ReportFixture.small).text.contains("virtual device Percuss Elite"))
  }
}

@Suite struct `The plot of a run` {
  static let reports: [RunReport] = [
    ReportFixture.small, ReportFixture.calves(), ReportFixture.calves(late: [12: 31_000]), ReportFixture.nothing,
    ReportFixture.long,
  ]

  @Test(arguments: reports.indices) func `is well-formed XML`(number: Int) throws {
    let parser = XMLParser(data: Data(RunPlot(Self.reports[number]).svg.utf8))
    #expect(parser.parse(), "\(parser.parserError as Any)")
  }

  @Test func `holds whatever text a document brings`() throws {
    var report = ReportFixture.calves()
    report.routine.name = "a < b & \"c\" > 'd' \u{0} \u{1B} \u{FFFE} ]]> 体 𝄞"
    report.steps[0].name = "</svg><script>alert(1)</script>"
    report.device.name = "<&>"
    report.outcome = .failed
    report.reason = RunReason(.fault, String(repeating: "word & ", count: 200))
    let svg = RunPlot(report).svg
    #expect(XMLParser(data: Data(svg.utf8)).parse())
    #expect(!svg.contains("<script"))
  }

  @Test func `is the same for the same report`() {
    #expect(RunPlot(ReportFixture.calves()).svg == RunPlot(ReportFixture.calves()).svg)
  }

  @Test func `names outcome, device, units and what each line is`() {
    let svg = RunPlot(ReportFixture.calves(late: [12: 31_000])).svg
    for text in [
      "missed · 2:22", "virtual device Percuss Elite", "speed, ppm", "force, N", "time, min:s", "tolerance",
      "speed planned",
      "speed as the device measured", "waits for the operator", "prefers-color-scheme: dark",
      "Step 12 began 31 ms late",
    ] { #expect(svg.contains(text), "\(text)") }
  }

  @Test func `stays small for a long run`() {
    #expect(RunPlot(ReportFixture.long).svg.utf8.count < 400_000)
  }

  @Test func `marks the ground truth of a simulator as such`() {
    var report = ReportFixture.small
    report.motion.source = .groundTruth
    #expect(RunPlot(report).svg.contains("speed of the simulated motor"))
  }
}
