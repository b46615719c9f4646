using System.Text;
using RadLab.Compute;

namespace RadLab.Cli;

/// <summary>
/// Texts for measuring duplicate search: about 60 words put together from a small vocabulary by number, of which known shares repeat an earlier text word for
/// word or with one word changed. They need no sense, only the lengths and the overlap of reports: every fourth sentence is one of 24 stock sentences.
/// </summary>
internal sealed class VariedTexts(int count, ulong seed)
{
    /// <summary>What a text is, and for a copy which text it repeats.</summary>
    public enum Kind
    {
        New,
        Copy,
        Changed,
    }

    private static readonly string[] s_parts = ["lung", "lobe", "apex", "base", "hilum", "pleura", "heart", "aorta", "trachea", "rib", "spine", "clavicle", "liver", "spleen", "kidney", "pancreas", "gallbladder", "colon", "bladder", "ureter", "femur", "tibia", "disc", "ventricle",
        "mediastinum", "diaphragm", "sternum", "scapula", "humerus", "radius", "ulna", "wrist", "pelvis", "sacrum", "hip", "knee", "meniscus", "ankle", "foot", "sinus", "orbit", "cerebellum", "brainstem", "thalamus", "pons", "thyroid", "larynx", "esophagus", "stomach", "duodenum", "appendix", "rectum", "prostate", "uterus", "ovary", "adrenal", "cecum", "carotid", "jugular", "iliac"];
    private static readonly string[] s_signs = ["opacity", "nodule", "thickening", "effusion", "calcification", "cyst", "lesion", "collection", "narrowing", "dilatation", "fracture", "edema", "scarring", "enhancement", "stone", "mass", "defect", "displacement",
        "density", "infiltrate", "consolidation", "hematoma", "abscess", "adenopathy", "stenosis", "occlusion", "aneurysm", "thrombus", "osteophyte", "erosion", "spur", "tear", "bulge", "protrusion", "atrophy", "infarct", "hemorrhage", "shift", "polyp", "diverticulum", "hernia", "ascites", "granuloma", "bronchiectasis", "emphysema", "fibrosis", "sclerosis", "lucency"];
    private static readonly string[] s_kinds = ["small", "large", "mild", "moderate", "severe", "new", "stable", "old", "focal", "diffuse", "patchy", "linear", "rounded", "irregular", "dense", "faint", "partial", "complete",
        "subtle", "marked", "chronic", "acute", "subacute", "healed", "resolving", "worsening", "unchanged", "smooth", "lobulated", "spiculated", "cystic", "solid", "calcified", "enhancing", "necrotic", "tubular", "nodular", "confluent", "scattered", "multiple", "single", "paired", "residual", "recurrent", "postoperative", "degenerative", "traumatic", "incidental"];
    private static readonly string[] s_sides = ["right", "left", "bilateral", "central", "upper", "lower", "anterior", "posterior", "medial", "lateral"];

    private readonly RandomKey _kind = new(seed, 1, 0);

    public Kind KindOf(int i)
    {
        if (i < 100) return Kind.New;
        double u = _kind.UniformDouble((ulong)i);
        return u < 0.1 ? Kind.Copy : u < 0.2 ? Kind.Changed : Kind.New;
    }

    /// <summary>The text that a copy repeats: always an earlier one that is itself new.</summary>
    public int SourceOf(int i)
    {
        if (KindOf(i) == Kind.New) return i;
        var draw = new RandomKey(seed, 2, 0);
        int source = draw.Below((ulong)i, i);
        while (KindOf(source) != Kind.New) source--;
        return source;
    }

    public IEnumerable<string> All()
    {
        for (int i = 0; i < count; i++) yield return At(i);
    }

    public string At(int i) => KindOf(i) switch
    {
        Kind.New => Sentences(i),
        Kind.Copy => Sentences(SourceOf(i)).ToUpperInvariant(),
        _ => Change(Sentences(SourceOf(i)), i),
    };

    private string Sentences(int i)
    {
        var text = new StringBuilder(512);
        var draw = new RandomKey(seed, 3, 0);
        ulong at = (ulong)i << 8;
        int sentences = 6 + draw.Below(at++, 4);
        for (int s = 0; s < sentences; s++)
        {
            int stock = draw.Below(at++, 96);
            if (stock < 24)
            {
                text.Append("No ").Append(s_signs[stock % s_signs.Length]).Append(" is seen in the ").Append(s_parts[stock]).Append(" region. ");
                continue;
            }
            text.Append(Pick(s_kinds)).Append(' ').Append(Pick(s_signs)).Append(" in the ").Append(Pick(s_sides)).Append(' ').Append(Pick(s_parts))
                .Append(" of ").Append(2 + draw.Below(at++, 60)).Append(" mm. ");
        }
        return text.ToString(0, text.Length - 1);

        string Pick(string[] words) => words[draw.Below(at++, words.Length)];
    }

    private string Change(string text, int i)
    {
        string[] words = text.Split(' ');
        words[new RandomKey(seed, 4, 0).Below((ulong)i, words.Length)] = "additional";
        return string.Join(' ', words);
    }
}
