using System.Text;

namespace RadLab.Notebooks;

// What the commands of TeX stand for.
internal sealed partial class TexMath
{
    private static readonly Dictionary<string, string> s_letters = Table(
        "alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι kappa κ lambda λ mu μ nu ν xi ξ pi π rho ρ sigma σ tau τ upsilon υ phi ϕ varphi φ chi χ psi ψ omega ω "
        + "Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω ell ℓ hbar ℏ partial ∂ nabla ∇ infty ∞ emptyset ∅ varnothing ∅ ldots … dots … cdots ⋯ vdots ⋮ ddots ⋱ top ⊤ bot ⊥ Re ℜ Im ℑ aleph ℵ degree °");

    private static readonly Dictionary<string, string> s_large = Table("sum ∑ prod ∏ coprod ∐ int ∫ oint ∮ bigcup ⋃ bigcap ⋂ bigoplus ⨁ bigotimes ⨂");

    private static readonly Dictionary<string, string> s_operators = Table(
        "times × cdot ⋅ div ÷ pm ± mp ∓ ast ∗ star ⋆ circ ∘ bullet ∙ odot ⊙ oplus ⊕ ominus ⊖ otimes ⊗ cup ∪ cap ∩ setminus ∖ wedge ∧ vee ∨ land ∧ lor ∨ lnot ¬ neg ¬ "
        + "le ≤ leq ≤ ge ≥ geq ≥ lt < gt > ne ≠ neq ≠ equiv ≡ approx ≈ sim ∼ simeq ≃ cong ≅ propto ∝ ll ≪ gg ≫ in ∈ notin ∉ ni ∋ subset ⊂ subseteq ⊆ supset ⊃ supseteq ⊇ perp ⊥ parallel ∥ mid ∣ models ⊨ forall ∀ exists ∃ "
        + "to → rightarrow → leftarrow ← gets ← leftrightarrow ↔ Rightarrow ⇒ Leftarrow ⇐ Leftrightarrow ⇔ implies ⟹ iff ⟺ mapsto ↦ longrightarrow ⟶ uparrow ↑ downarrow ↓ prime ′ colon : triangleq ≜ coloneqq ≔ therefore ∴ "
        + "% % $ $ & & # # _ _ blacksquare ■ square □ checkmark ✓");

    private static readonly Dictionary<string, string> s_fences = Table("{ { } } lbrace { rbrace } langle ⟨ rangle ⟩ lfloor ⌊ rfloor ⌋ lceil ⌈ rceil ⌉ vert | | ‖ Vert ‖ lvert | rvert | lVert ‖ rVert ‖ lbrack [ rbrack ] backslash \\");

    private static readonly Dictionary<string, string> s_spaces = Table(", 0.1667em : 0.2222em > 0.2222em ; 0.2778em ! -0.1667em quad 1em qquad 2em enspace 0.5em thinspace 0.1667em");

    private static readonly Dictionary<string, string> s_accents = Table("hat ^ widehat ^ bar ¯ overline ¯ tilde ~ widetilde ~ vec → dot ˙ ddot ¨ check ˇ breve ˘ acute ´ grave `");

    private static readonly HashSet<string> s_functions =
        [.. "exp log ln lg sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh max min argmax argmin lim sup inf det dim ker rank tr Pr gcd sign softmax".Split(' ')];

    // Letters of an alphabet of their own; MathML draws them by their code points.
    private static string Alphabet(string name, string text)
    {
        if (text.Contains('\\', StringComparison.Ordinal)) return new TexMath(text, display: false).Row(stop: null);
        if (name == "operatorname") return Function(text);
        if (name is "mathrm" or "mathit") return text.Length == 1 && name != "mathit" ? $"<mi mathvariant=\"normal\">{Escape(text)}</mi>" : $"<mi>{Escape(text)}</mi>";
        var letters = new StringBuilder();
        foreach (char c in text) letters.Append(Letter(name, c));
        return $"<mi>{Escape(letters.ToString())}</mi>";
    }

    private static string Letter(string alphabet, char c)
    {
        var (upper, lower, digit, irregular) = alphabet switch
        {
            "mathbf" or "boldsymbol" => (0x1D400, 0x1D41A, 0x1D7CE, ""),
            "mathcal" => (0x1D49C, 0x1D4B6, 0, "BℬEℰFℱHℋIℐLℒMℳRℛeℯgℊoℴ"),
            "mathbb" => (0x1D538, 0x1D552, 0x1D7D8, "CℂHℍNℕPℙQℚRℝZℤ"),
            "mathsf" => (0x1D5A0, 0x1D5BA, 0x1D7E2, ""),
            _ => (0x1D670, 0x1D68A, 0x1D7F6, ""),
        };
        for (int i = 0; i < irregular.Length; i += 2)
            if (irregular[i] == c) return irregular[i + 1].ToString();
        return c switch
        {
            >= 'A' and <= 'Z' => char.ConvertFromUtf32(upper + c - 'A'),
            >= 'a' and <= 'z' => char.ConvertFromUtf32(lower + c - 'a'),
            >= '0' and <= '9' when digit > 0 => char.ConvertFromUtf32(digit + c - '0'),
            _ => c.ToString(),
        };
    }

    // "name sign name sign ..."
    private static Dictionary<string, string> Table(string text)
    {
        string[] words = text.Split(' ');
        var table = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < words.Length; i += 2) table.Add(words[i], words[i + 1]);
        return table;
    }
}
