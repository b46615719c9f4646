using System.Globalization;
using RadLab.Models;

namespace RadLab.Training;

/// <summary>A model of RadLab-tiny's family: its tokenizer and form, other widths. Every width is a multiple of 64, for whole blocks in each weight format.</summary>
/// <param name="Name">Roughly its parameters.</param>
public sealed record ModelSize(string Name, int HiddenSize, int IntermediateSize, int Layers, int Heads, int KeyValueHeads)
{
    /// <summary>1.51 million parameters.</summary>
    public static ModelSize Small { get; } = new("1.5M", 128, 384, 5, 4, 2);

    /// <summary>6.21 million: RadLab-tiny itself.</summary>
    public static ModelSize Tiny { get; } = new("6M", RadLabTiny.Config.HiddenSize, RadLabTiny.Config.IntermediateSize, RadLabTiny.Config.Layers, RadLabTiny.Config.Heads, RadLabTiny.Config.KeyValueHeads);

    /// <summary>25.7 million.</summary>
    public static ModelSize Medium { get; } = new("25M", 512, 1408, 8, 16, 8);

    public static IReadOnlyList<ModelSize> All { get; } = [Small, Tiny, Medium];

    public LlamaConfig Config => RadLabTiny.Config with
    {
        HiddenSize = HiddenSize, IntermediateSize = IntermediateSize, Layers = Layers, Heads = Heads, KeyValueHeads = KeyValueHeads, HeadWidth = HiddenSize / Heads,
    };

    /// <summary>Embedding (tied with the head), attention, MLP and norms.</summary>
    public long Parameters
    {
        get
        {
            long c = HiddenSize, kv = (long)KeyValueHeads * (HiddenSize / Heads);
            return RadLabTiny.Config.VocabularySize * c + Layers * (2 * c * c + 2 * c * kv + 3 * c * IntermediateSize + 2 * c) + c;
        }
    }

    /// <summary>Trained weights that RadLab brings, or null.</summary>
    public string? Trained => Config == RadLabTiny.Config && RadLabTiny.Find() is not null ? RadLabTiny.Name : null;

    /// <exception cref="RecipeException">There is none of that name.</exception>
    public static ModelSize Get(string name) => All.FirstOrDefault(s => s.Name == name)
        ?? throw new RecipeException($"--sizes {name}: must be among {string.Join(", ", All.Select(s => s.Name))}.");

    internal void Check()
    {
        int[] widths = [HiddenSize, IntermediateSize, Layers, Heads, KeyValueHeads];
        if (string.IsNullOrWhiteSpace(Name) || Name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-')) || Name[0] == '.') throw new RecipeException($"sizes: a name must have letters, digits, '.' and '-' alone, got '{Name}'.");
        if (widths.Any(w => w < 1) || HiddenSize > 65536 || IntermediateSize > 262_144 || Layers > 1024 || HiddenSize % Heads != 0 || Heads % KeyValueHeads != 0)
            throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"sizes: {Name}: heads must divide the hidden size, key-value heads the heads, and all be at least 1, got {string.Join(", ", widths)}."));
    }
}
