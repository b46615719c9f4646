using RadLab.Models;

namespace RadLab.Cli;

/// <summary>What <c>radlab generate</c> was asked for.</summary>
internal sealed record GenerateRequest(
    string Model, string? Adapter, bool Force, LlamaStorage Storage, int Threads, string Prompt, string? Chat, string? System, bool ParseSpecial,
    GenerationOptions Options, int Beams, IReadOnlyList<string> Choices, bool Json);
