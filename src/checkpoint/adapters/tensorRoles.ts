/**
 * The names of adapters' tensors by the library and method that write them, with each tensor's role and dimensions. A
 * further method needs only further rows.
 *
 * A row: name | part | dimensions | role. The name is one segment of the tensor's name (between dots) or two; the
 * module's path precedes it. `part` is the name that other code uses: 'a' and 'b' for the halves of B * A in every
 * library. Dimensions are words, `...` stands for any number of further ones, and `;` separates the shapes of different
 * versions. A name with `?` is ambiguous and counts only beside another tensor of the same module. Sources: PEFT's
 * tuners, kohya's sd-scripts, LyCORIS, diffusers, mlx-lm, torchtune, NeMo, ktransformers, adapter-hub/adapters.
 */

export type TensorStyle =
  | 'peft'
  | 'peft-embedding'
  | 'kohya'
  | 'lycoris'
  | 'diffusers'
  | 'mlx'
  | 'torchtune'
  | 'nemo'
  | 'ktransformers'
  | 'gguf'
  | 'adapterhub';

export interface TensorRule {
  readonly method: string;
  readonly style: TensorStyle;
  readonly part: string;
  /** The possible shapes, each as words for its dimensions. A last '...' stands for any number of them. */
  readonly dims: readonly (readonly string[])[];
  readonly role: string;
  readonly weak: boolean;
}

const TABLE = `
# LORA peft
lora_A|a|rank,in,...|A (down)
lora_B|b|out,rank,...|B (up)
lora_B.bias|bBias|out|bias of B
lora_magnitude_vector|magnitude|out;1,out,...|magnitude of each row (DoRA)
lora_diag|inner|rank|diagonal between B and A (KaSA)
# ADALORA peft
lora_E|inner|rank,1|singular values between B and A
ranknum|ranknum|;1|current rank
# LORA peft-embedding
lora_embedding_A|a|rank,in|A (down), of an embedding
lora_embedding_B|b|out,rank|B (up), of an embedding
# LORA kohya
lora_down|a|rank,in,...|A (down)
lora_up|b|out,rank,...|B (up)
lora_mid|mid|rank,rank,...|kernel between B and A (LoCon)
?alpha|alpha|;1;1,1|alpha: the scaling is alpha / rank
?dora_scale|magnitude|...|magnitude of each row or column (DoRA)
?scale|scale|;1|scaling
?bias|bias|out|bias
diff|diff|...|whole difference of the weight
diff_b|diffBias|out|difference of the bias
w_norm|diff|out|difference of a norm's weight
b_norm|diffBias|out|difference of a norm's bias
?reshape_weight|reshape|...|shape that the weight is padded to first (ComfyUI)
set_weight|set|...|new weight, which replaces the frozen one (ComfyUI)
# LORA diffusers
down|a|rank,in,...|A (down)
up|b|out,rank,...|B (up)
# LORA mlx
lora_a|a|in,rank;experts,rank,in|A (down), stored transposed
lora_b|b|rank,out;experts,out,rank|B (up), stored transposed
# LORA torchtune
lora_a.weight|a|rank,in|A (down)
lora_b.weight|b|out,rank|B (up)
?magnitude|magnitude|out;1,out|magnitude of each row (DoRA)
# LORA nemo
adapter.linear_in|a|rank,in|A (down)
adapter.linear_out|b|out,rank|B (up)
lora_kqv_adapter.linear_in|a|rank,in|A (down)
lora_kqv_adapter.linear_out|b|out,rank|B (up)
lora_dense_attention_adapter.linear_in|a|rank,in|A (down)
lora_dense_attention_adapter.linear_out|b|out,rank|B (up)
lora_hto4h_adapter.linear_in|a|rank,in|A (down)
lora_hto4h_adapter.linear_out|b|out,rank|B (up)
lora_4htoh_adapter.linear_in|a|rank,in|A (down)
lora_4htoh_adapter.linear_out|b|out,rank|B (up)
# LORA ktransformers
gate_lora_a|a|experts,rank,in|A (down) of all experts
gate_lora_b|b|experts,out,rank|B (up) of all experts
up_lora_a|a|experts,rank,in|A (down) of all experts
up_lora_b|b|experts,out,rank|B (up) of all experts
down_lora_a|a|experts,rank,in|A (down) of all experts
down_lora_b|b|experts,out,rank|B (up) of all experts
# LORA gguf
weight.lora_a|a|rank,in;experts,rank,in|A (down)
weight.lora_b|b|out,rank;experts,out,rank|B (up)
?m|magnitude|out|magnitude of each row (DoRA)
# LOHA kohya
hada_w1_a|w1_a|out,rank|left factor of the first product
hada_w1_b|w1_b|rank,in,...|right factor of the first product
hada_w2_a|w2_a|out,rank|left factor of the second product
hada_w2_b|w2_b|rank,in,...|right factor of the second product
hada_t1|t1|rank,rank,...|kernel of the first product
hada_t2|t2|rank,rank,...|kernel of the second product
# LOKR kohya
lokr_w1|w1|out blocks,in blocks|first Kronecker factor
lokr_w1_a|w1_a|out blocks,rank|first Kronecker factor, left
lokr_w1_b|w1_b|rank,in blocks|first Kronecker factor, right
lokr_w2|w2|out block,in block,...|second Kronecker factor
lokr_w2_a|w2_a|out block,rank;rank,out block|second Kronecker factor, left
lokr_w2_b|w2_b|rank,in block,...|second Kronecker factor, right
lokr_t2|t2|rank,rank,...|kernel of the second factor
# IA3 peft
ia3_l|vector|1,in;out,1;1,in or out,...|scaling vector
# IA3 kohya
?weight|vector|...|scaling vector
on_input|onInput|;1|whether the vector scales the input
# GLORA lycoris
a1|a1|...|change of the weight in proportion, down
a2|a2|...|change of the weight in proportion, up
b1|b1|...|change of the weight, down
b2|b2|...|change of the weight, up
bm|bm|...|kernel of the change of the weight
# VERA peft
vera_lambda_b|lambda_b|out|scaling vector over B
vera_lambda_d|lambda_d|rank|scaling vector over A
vera_A|shared_A|rank,in at most|frozen random A, shared by all modules
vera_B|shared_B|out at most,rank|frozen random B, shared by all modules
# PVERA peft
pvera_lambda_b|lambda_b|out|scaling vector over B
pvera_lambda_d|lambda_d|2 rank|scaling vectors over A: of the mean, then of the log-variance
pvera_A|shared_A|2 rank,in at most|frozen random A, shared: of the mean, then of the log-variance
pvera_B|shared_B|out at most,rank|frozen random B, shared by all modules
# OFT peft
oft_R|R|blocks,b (b - 1) / 2|skew-symmetric entries of each block's rotation
oft_embedding_R|R|blocks,b (b - 1) / 2|skew-symmetric entries of each block's rotation
oft_r|R|blocks,b,b|rotation of each block
oft_blocks|R|blocks,b,b;butterfly factors,blocks,b,b|rotation of each block
oft_diag|R|blocks,b,b|rotation of each block
?rescale|rescale|...|scaling of the rotated rows
# BOFT peft
boft_R|R|butterfly factors,blocks,b,b|rotation of each block of each butterfly factor
boft_s|s|out,1;1,out|scaling of each row
# FOURIERFT peft
fourierft_spectrum|spectrum|n|trained Fourier coefficients of the change
# WAVEFT peft
waveft_spectrum|spectrum|n|trained wavelet coefficients of the change
# HRA peft
hra_u|u|in,rank|vectors of the Householder reflections
# MISS peft
miss_block|block|rank,out;blocks,b,b|block that is repeated over the input
# BONE peft
bone_block|block|rank,out;blocks,b,b|block that is repeated over the weight
# VBLORA peft
vblora_logits_A|logits_A|rank,in / v,vectors|choice of vectors for A
vblora_logits_B|logits_B|out / v,rank,vectors|choice of vectors for B
vblora_logits_A_topk_indices|indices_A|rank,in / v,k|vectors chosen for A
vblora_logits_A_topk_weights|weights_A|rank,in / v,k - 1|their weights but the last
vblora_logits_B_topk_indices|indices_B|out / v,rank,k|vectors chosen for B
vblora_logits_B_topk_weights|weights_B|out / v,rank,k - 1|their weights but the last
vblora_vector_bank|bank|vectors,v|vector bank, shared by all modules
# RANDLORA peft
randlora_lambda|lambda|rank,bases|weight of each basis's ranks
randlora_gamma|gamma|bases,short side|weight of each basis's short side
randlora_A|shared_A|rank,1,short side at most|frozen random bases, shared
randlora_B|shared_B|long side at most,bases,rank|frozen random bases, shared
# SHIRA peft
shira_weight|values|n|trained entries of the change
shira_indices|indices|2,n|row and column of each entry
# SUPERTUNING peft
supertuning_values|values|n|trained entries of the change
supertuning_indices|indices|n|place of each entry
supertuning_lora_A|a|rank,in|A (down)
supertuning_lora_B|b|out,rank|B (up)
# C3A peft
c3a_kernel|kernel|out / b,in / b,b|circulant blocks, each by its first row
# ROAD peft
road_theta|theta|n|angles of the rotations
road_alpha|alphas|n|lengths of the rotations
# DELORA peft
delora_A|a|rank,in|A (down), normalised when used
delora_B|b|out,rank|B (up), normalised when used
delora_lambda|lambda|1|bound of the change
delora_w_norm|w_norm|in|norms of the frozen weight's columns
# GRALORA peft
gralora_A|a|k,in / k,rank|A of each block row
gralora_B|b|k,rank,out / k|B of each block column
gralora_A_general|generalA|hybrid rank,in|A of the part that is plain LoRA
gralora_B_general|generalB|out,hybrid rank|B of the part that is plain LoRA
# HIRA peft
hira_A|a|rank,in,...|A of B * A, which multiplies the weight entry by entry
hira_B|b|out,rank,...|B of B * A, which multiplies the weight entry by entry
hira_embedding_A|a|rank,in|A of B * A, which multiplies the weight entry by entry
hira_embedding_B|b|out,rank|B of B * A, which multiplies the weight entry by entry
# LN_TUNING peft
ln_tuning_layers|weight|out|weight of the norm, retrained
ln_tuning_layers.bias|bias|out|bias of the norm, retrained
# TRAINABLE_TOKENS peft
trainable_tokens_delta|tokens|tokens,width|embeddings of the retrained tokens
trainable_tokens_original|originals|tokens,width|embeddings before training
# POLY peft
poly_lora_A|a|splits,skills,in / splits,rank|A of each skill
poly_lora_B|b|splits,skills,rank,out / splits|B of each skill
poly_router.module_logits|router|tasks,splits x skills|weight of each skill for each task
# DEFT peft
deft_P|P|out,rank|directions that are removed
deft_R|R|rank,in|directions that replace them
# BEFT peft
beft_bias|bias|1,out;out|bias of the output
# GLORA peft
glora_A.Xd|A.Xd|out,rank|A: change of the weight in proportion, down
glora_A.Xu|A.Xu|rank,in|A: change of the weight in proportion, up
glora_B.Xd|B.Xd|out,rank|B: change of the weight, down
glora_B.Xu|B.Xu|rank,in|B: change of the weight, up
glora_C.Xd|C.Xd|in,rank|C: change of the bias through the weight, down
glora_C.Xu|C.Xu|rank,1|C: change of the bias through the weight, up
glora_A.X|A.X|...|A: change of the weight in proportion
glora_B.X|B.X|...|B: change of the weight
glora_C.X|C.X|...|C: change of the bias through the weight
glora_D.X|D.X|1;out|D: change of the bias in proportion
glora_E.X|E.X|1;out|E: change of the bias
glora_A.zeros|A.zeros|...|A is switched off
glora_B.zeros|B.zeros|...|B is switched off
glora_C.zeros|C.zeros|...|C is switched off
glora_D.zeros|D.zeros|...|D is switched off
glora_E.zeros|E.zeros|...|E is switched off
# LILY peft
lily_A|a|rank,in|A, shared by neighbouring layers
lily_B|b|experts x rank,out|all B, shared by all layers
lily_router|router|experts,rank|weight of each B for a token
# TINYLORA peft
tinylora_v|v|...|trained vector
tinylora_A|a|...|frozen singular vectors of the weight
tinylora_B|b|...|frozen singular vectors of the weight
tinylora_P|P|...|frozen random projection
# UNILORA peft
unilora_theta_d|theta|n|trained vector, shared by all modules
unilora_indices_A|indices_A|...|which entries of the vector make A
unilora_indices_B|indices_B|...|which entries of the vector make B
unilora_scales_A|scales_A|...|their scales
unilora_scales_B|scales_B|...|their scales
# PSOFT peft
psoft_R|R|r (r - 1) / 2;rank,rank|skew-symmetric entries of the rotation
psoft_R.vector_a|vector_a|rank|scaling before the rotation
psoft_R.vector_b|vector_b|rank|scaling after the rotation
# PEANUT peft
peanut_A|a|rank,out|A
peanut_B|b|out,rank|B
peanut_encoders|encoder|rank,rank|encoder layer
peanut_decoders|decoder|rank,rank|decoder layer
# FROD peft
frod_lambda_s_values|s|n|trained entries
frod_lambda_l|l|in|trained diagonal
frod_V|V|...|frozen basis, shared
frod_s_indices|s_indices|...|places of the trained entries, shared
frod_s_size|s_size|...|size of the sparse matrix, shared
# OSF peft
osf_svd_params.U_low|U|out,rank|left singular vectors that are trained
osf_svd_params.S_low|S|rank|singular values that are trained
osf_svd_params.V_low|V|rank,in|right singular vectors that are trained
# ADAMSS peft
adamss_A|A|rank,subspace|A of one subspace
adamss_B|B|rows,rank|B of one subspace
adamss_newB|newB|subspaces,in|frozen directions of the subspaces
# XLORA peft
xlora_classifier|classifier|...|classifier that mixes the adapters
xlora_classifier.bias|classifierBias|...|its bias
internal_xlora_classifier|classifier|...|classifier that mixes the adapters
internal_xlora_classifier.bias|classifierBias|...|its bias
# ADAPTION_PROMPT peft
adaption_prompt|prompt|1,length,width|prompt in front of the keys and values
adaption_gate|gate|1|gate of the prompt
# PROMPT_TUNING peft
prompt_embeddings|prompt|tokens,width|embeddings of the virtual tokens
prefix_task_cols|task_cols|tasks,tokens,ranks|columns of each task's factor
prefix_task_rows|task_rows|tasks,ranks,width|rows of each task's factor
# SHADOW peft
shadow_down|down|...|projection of a shadow block
shadow_up|up|...|projection of a shadow block
shadow_down.bias|downBias|...|bias of the projection
shadow_up.bias|upBias|...|bias of the projection
shadow_update_transform|transform|...|update of the shadow state
shadow_update_transform.bias|transformBias|...|its bias
shadow_update_gate|gate|...|gate of the update
shadow_update_gate.bias|gateBias|...|its bias
shadow_projection|projection|...|projection between the shadow and the model
shadow_head|head|...|head of the shadow
# BOTTLENECK adapterhub
adapter_down|down|bottleneck,width;width|down projection (stored transposed)
adapter_down.bias|downBias|bottleneck|bias of the down projection
adapter_up|up|width,bottleneck|up projection (stored transposed)
adapter_up.bias|upBias|width|bias of the up projection
adapter_norm_before|normBefore|width|norm before the bottleneck
adapter_norm_before.bias|normBeforeBias|width|its bias
adapter_norm_after|normAfter|width|norm after the bottleneck
adapter_norm_after.bias|normAfterBias|width|its bias
?gate|gate|1,width;...|gate of the adapter
?gate.bias|gateBias|1;out|bias of the gate
?scaling|scaling|1;width|learned scaling
# COMPACTER adapterhub
adapter_down.W|downW|...|down projection, Kronecker factors
adapter_down.W_left|downLeft|...|down projection, left of the Kronecker factors
adapter_down.W_right|downRight|...|down projection, right of the Kronecker factors
adapter_down.b|downBias|bottleneck|bias of the down projection
adapter_down.phm_rule|downRule|...|first Kronecker factors
adapter_down.phm_rule_left|downRuleLeft|...|first Kronecker factors, left
adapter_down.phm_rule_right|downRuleRight|...|first Kronecker factors, right
adapter_up.W|upW|...|up projection, Kronecker factors
adapter_up.W_left|upLeft|...|up projection, left of the Kronecker factors
adapter_up.W_right|upRight|...|up projection, right of the Kronecker factors
adapter_up.b|upBias|width|bias of the up projection
adapter_up.phm_rule|upRule|...|first Kronecker factors
adapter_up.phm_rule_left|upRuleLeft|...|first Kronecker factors, left
adapter_up.phm_rule_right|upRuleRight|...|first Kronecker factors, right
phm_rule|rule|...|first Kronecker factors, shared by all adapters
phm_rule_left|ruleLeft|...|first Kronecker factors, shared, left
phm_rule_right|ruleRight|...|first Kronecker factors, shared, right
W_down_left|sharedDownLeft|...|down projection, shared, left
W_down_right|sharedDownRight|...|down projection, shared, right
W_up_left|sharedUpLeft|...|up projection, shared, left
W_up_right|sharedUpRight|...|up projection, shared, right
# INVERTIBLE adapterhub
F|F|...|invertible adapter of the embeddings, first half
F.bias|FBias|...|its bias
G|G|...|invertible adapter of the embeddings, second half
G.bias|GBias|...|its bias
# PREFIX_TUNING adapterhub
wte|prefix|length,...|prefix before its network
control_trans|network|...|network that makes keys and values of the prefix
control_trans.bias|networkBias|...|its bias
prompt_embedding|prompt|tokens,width|embeddings of the virtual tokens
# FUSION adapterhub
query|query|width,width|query of the adapter fusion
query.bias|queryBias|width|its bias
key|key|width,width|key of the adapter fusion
key.bias|keyBias|width|its bias
value|value|width,width|value of the adapter fusion
# LOREFT adapterhub
projection|projection|...|low-rank projection of the hidden states
projection.bias|projectionBias|...|its bias
projection.base|projection|...|low-rank projection, as its rotation is parametrised
learned_source|source|...|values that replace the projected states
learned_source.bias|sourceBias|...|its bias
`;

const rules = new Map<string, TensorRule>();
let method = '';
let style: TensorStyle = 'peft';
for (const line of TABLE.split('\n')) {
  if (line.startsWith('# ')) [method, style] = line.slice(2).split(' ') as [string, TensorStyle];
  const [name, part, dims, role] = line.split('|');
  if (name === undefined || part === undefined || dims === undefined || role === undefined) continue;
  rules.set(name.replace(/^\?/, ''), {
    method,
    style,
    part,
    dims: dims.split(';').map((shape) => (shape === '' ? [] : shape.split(','))),
    role,
    weak: name.startsWith('?'),
  });
}

/** Rules by a segment of a tensor's name, or by two of them joined by a dot. */
export const TENSOR_RULES: ReadonlyMap<string, TensorRule> = rules;

/** The words for the dimensions of a tensor of `shape`, or `null` if the rule has no such shape. */
export function dimensionWords(rule: TensorRule, shape: readonly number[]): readonly string[] | null {
  for (const dims of rule.dims) {
    const open = dims.at(-1) === '...';
    const fixed = open ? dims.slice(0, -1) : dims;
    const fits = open ? shape.length >= fixed.length : shape.length === fixed.length;
    if (!fits || !fixed.every((word, i) => word !== '1' || shape[i] === 1)) continue;
    return [...fixed, ...shape.slice(fixed.length).map(() => 'kernel')];
  }
  return null;
}
