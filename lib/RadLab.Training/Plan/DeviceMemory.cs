using System.Globalization;

namespace RadLab.Training;

/// <summary>Memory that a plan is compared with: a device by name, as its vendor's data sheet has it (decimal gigabytes), or a size.</summary>
/// <param name="Name">As it was asked for.</param>
/// <param name="Description">Product and source.</param>
public sealed record DeviceMemory(string Name, string Description, long Bytes)
{
    private const string Nvidia = "NVIDIA data sheet", Amd = "AMD data sheet";

    private static readonly DeviceMemory[] s_known =
    [
        Of("a10", "NVIDIA A10", 24, Nvidia), Of("a100-40", "NVIDIA A100 40GB", 40, Nvidia), Of("a100-80", "NVIDIA A100 80GB", 80, Nvidia), Of("a40", "NVIDIA A40", 48, Nvidia),
        Of("h100", "NVIDIA H100 SXM", 80, Nvidia), Of("h100-nvl", "NVIDIA H100 NVL", 94, Nvidia), Of("h200", "NVIDIA H200", 141, Nvidia), Of("l4", "NVIDIA L4", 24, Nvidia), Of("l40s", "NVIDIA L40S", 48, Nvidia),
        Of("mi250x", "AMD Instinct MI250X", 128, Amd), Of("mi300x", "AMD Instinct MI300X", 192, Amd), Of("rtx3090", "NVIDIA GeForce RTX 3090", 24, Nvidia), Of("rtx4090", "NVIDIA GeForce RTX 4090", 24, Nvidia),
        Of("t4", "NVIDIA T4", 16, Nvidia), Of("v100-16", "NVIDIA V100 16GB", 16, Nvidia), Of("v100-32", "NVIDIA V100 32GB", 32, Nvidia),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. s_known.Select(d => d.Name)];

    /// <param name="text">One of <see cref="Names"/>, or a size such as <c>24GB</c> or <c>16GiB</c>.</param>
    /// <returns>Null: it is neither.</returns>
    public static DeviceMemory? Find(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (s_known.FirstOrDefault(d => d.Name == text) is { } known) return known;
        foreach (var (unit, bytes) in ((string, double)[])[("GiB", 1L << 30), ("GB", 1e9)])
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal)) continue;
            return double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double n) && n * bytes is >= 1e6 and <= 1e18
                ? new DeviceMemory(text, "the size that was given", (long)(n * bytes)) : null;
        }
        return null;
    }

    private static DeviceMemory Of(string name, string product, int gigabytes, string source) => new(name, $"{product}, {source}", gigabytes * 1_000_000_000L);
}
