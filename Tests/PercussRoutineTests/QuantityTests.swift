import PercussDocument
import Testing

@testable import PercussRoutine

@Suite struct QuantityTests {
  @Test(
    arguments: [
      ("500ms", 500), ("500 ms", 500), ("30s", 30_000), ("2 min", 120_000), ("2min", 120_000), ("1h", 3_600_000),
      ("1.5 min", 90_000), ("0.25 s", 250), ("2.500s", 2500), ("1 min 30 s", 90_000), ("1h30min", 5_400_000),
      ("1 h 0 min 1 s 1 ms", 3_601_001), ("10ms", 10), ("0.01s", 10), ("24h", 86_400_000), ("1440 min", 86_400_000),
      ("030s", 30_000), ("  30s  ", 30_000), ("23 h 59 min 59.999 s", 86_399_999),
      ("0000000000000000000000000000000030s", 30_000), ("30.000000 s", 30_000),
    ] as [(String, UInt32)])
  func `a duration is exact to the millisecond`(text: String, milliseconds: UInt32) throws {
    #expect(try QuantityReader.duration(text) == milliseconds)
  }

  @Test(arguments: [
    "", " ", "30", "s", "-1s", "+1s", "1:30", "1e3s", "0x10s", "1_000 s", "1,5s", ".5s", "5.s", "1..2s", "0.0001s",
    "0s",
    "0 ms", "9 ms", "9.99 ms", "24h 1ms", "86400001 ms", "30s 1min", "30s 30s", "30 S", "30 Min", "30 µs", "30s,",
    "30s30",
    "1900 ppm", "60 N", "nan", "inf", "1/2 s", "18446744073709551616 h", "99999999999999999999999999 ms",
    "999999999999999999 h", "0.0000000000000000000000001 s", "٣ s", "30\u{a0}s", "30s\u{0}",
  ])
  func `anything else is refused as a duration`(text: String) {
    #expect(throws: QuantityError.self) { try QuantityReader.duration(text) }
  }

  @Test(
    arguments: [("60 N", 600), ("60N", 600), ("62.5 N", 625), ("0.1N", 1), ("6553.5 N", 65_535), ("7.50 N", 75)]
      as [(String, UInt16)])
  func `a force is exact to a tenth of a newton`(text: String, decinewtons: UInt16) throws {
    #expect(try QuantityReader.force(text) == decinewtons)
  }

  @Test(arguments: ["0 N", "62.55 N", "6553.6 N", "60", "60 n", "60 kN", "60 lbf", "-1 N", "60 N N", "60..70 N", "30s"])
  func `anything else is refused as a force`(text: String) {
    #expect(throws: QuantityError.self) { try QuantityReader.force(text) }
  }

  @Test(
    arguments: [
      ("1900 ppm", .single(1900)), ("1900ppm", .single(1900)), ("1900.0 ppm", .single(1900)), ("1 ppm", .single(1)),
      ("65535 ppm", .single(65_535)), ("1750..2400 ppm", .range(1750, 2400)), ("2400 .. 1750ppm", .range(2400, 1750)),
      ("1750/2200 ppm", .alternation(1750, 2200)), ("1750 / 2200 ppm", .alternation(1750, 2200)),
    ] as [(String, SpeedQuantity)])
  func `a speed is one, a range or an alternation`(text: String, speed: SpeedQuantity) throws {
    #expect(try QuantityReader.speed(text) == speed)
  }

  @Test(arguments: [
    "0 ppm", "0..1900 ppm", "1900", "65536 ppm", "1900.5 ppm", "1750-2400 ppm", "1750 to 2400 ppm", "1750..ppm",
    "..2400 ppm", "1750...2400 ppm", "1750..2000..2400 ppm", "1750/2000/2400 ppm", "1750 ppm..2400 ppm", "1750// ppm",
    "1900 rpm", "1900 PPM", "30 s", "1900 ppm!", "-1900 ppm", "1750..-2400 ppm",
  ])
  func `anything else is refused as a speed`(text: String) {
    #expect(throws: QuantityError.self) { try QuantityReader.speed(text) }
  }

  @Test(arguments: [
    ("30 sec", "did you mean 30 s?"), ("2 m", "did you mean 2 min?"), ("2 mni", "did you mean 2 min?"),
    ("30 µs", "a duration is in ms, s, min, h"), ("30", "30s for seconds, 30 min for minutes"),
  ])
  func `an unknown unit gets the one that was meant, if that is plain`(text: String, help: String) {
    do throws(QuantityError) {
      _ = try QuantityReader.duration(text)
      Issue.record("accepted")
    } catch {
      #expect(error.help == help)
    }
  }

  @Test(
    arguments: [
      ("sped", "speed"), ("hodl", "hold"), ("promt", "prompt"), ("forse", "force"), ("timeot", "timeout"),
      ("Speed", "speed"),
      ("colour", nil), ("x", nil), ("", nil),
    ] as [(String, String?)])
  func `a misspelt key gets its nearest neighbour`(word: String, nearest: String?) {
    #expect(Spelling.nearest(to: word, among: ["hold", "speed", "force", "prompt", "timeout", "name"]) == nearest)
  }
}
