import Foundation
import PercussDocument
import PercussSimulator

/// Reads configuration files.
enum ConfigurationFile {
  /// - Throws: a failure with status 65 that tells everything that is wrong.
  static func load(_ path: String, seed: UInt64?) throws -> SimulatorConfiguration {
    do {
      let bytes = try DocumentFile.bytes(of: path, limit: SimulatorConfiguration.maximumSize)
      return try SimulatorConfiguration.parse(bytes, name: path, seed: seed)
    } catch let diagnostics as DocumentDiagnostics {
      throw Failure(.badConfiguration, diagnostics.description.trimmingCharacters(in: .newlines))
    } catch let unreadable as DocumentFile.Unreadable {
      throw Failure(.badConfiguration, unreadable.description)
    }
  }
}
